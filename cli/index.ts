/**
 * cli: the front doors of Qalam, one file a verb, and the only room where the others meet.
 *
 * `main.ts` is the program, `program.ts` lists the verbs; `machine.ts` assembles one machine: stores, embedded API,
 * controllers, runner, REST. Knows every room; no room knows it.
 * Start at `program.ts`, then `run.ts`.
 */
export * from './exit.ts'
