/** How much work one GJSON path may cause: users write conditions, and the controller evaluates them. */

/** The path asks for more than its budget. */
export class OverBudget extends Error {}

export class Budget {
  #left: number
  constructor(steps: number) {
    this.#left = steps
  }

  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new OverBudget()
  }

  /** Spends a step a node: for whatever walks a whole tree, in which a path may have repeated parts without end. */
  spendTree(json: unknown): void {
    this.spend(1)
    if (typeof json !== 'object' || json === null) return
    for (const value of Object.values(json)) this.spendTree(value)
  }
}
