import { defineConfig } from 'vitest/config'

/**
 * Five projects, in this order: unit tests take milliseconds, and a hang ends after ten seconds
 * (a busy machine is no failure); property and conformance go
 * over many cases; e2e start real processes and mostly wait for them, so two files run at a time; lanes need outside parts,
 * skip with a reason and run one file at a time.
 */
const project = (name: string, testTimeout: number, groupOrder: number, alone = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: 60_000,
    sequence: { groupOrder },
    ...alone,
  },
})
const outside = ['e2e', 'conformance', 'property', 'lanes']
const oneAtATime = { maxWorkers: 1, fileParallelism: false }
const twoAtATime = { maxWorkers: 2 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: outside.map(name => `test/${name}/**`),
          testTimeout: 10_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      project('property', 120_000, 1),
      project('conformance', 120_000, 1),
      project('e2e', 240_000, 2, twoAtATime),
      project('lanes', 600_000, 3, oneAtATime),
    ],
  },
})
