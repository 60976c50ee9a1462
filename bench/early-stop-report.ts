/** What the simulations say, as a table and as a picture. */
import { type Preset, presets } from './problems/learning-curves.ts'

export interface Row {
  readonly rule: string
  readonly preset: Preset
  /** Share of the epochs that no stopping spends. */
  readonly saved: number
  /** Mean over seeds of how much worse the best that was reached is than the best curve there was. */
  readonly regret: number
  /** Share of seeds that kept the best curve. */
  readonly keptBest: number
  /** Share of the stopped trials that would have ended better than anything that was reached. */
  readonly stoppedWinners: number
  readonly msPerDecision: number
}

export function table(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ rule }) => rule))]
  const cell = (row: Row | undefined) =>
    row
      ? `${percent(row.saved)} | ${row.regret.toFixed(4)} | ${percent(row.keptBest)} | ${percent(row.stoppedWinners)}`
      : ' | | | '
  const lines = names.map(name => {
    const mine = presets.map(preset => rows.find(row => row.rule === name && row.preset === preset))
    const ms = Math.max(...mine.map(row => row?.msPerDecision ?? 0))
    return `| ${name} | ${mine.map(cell).join(' | ')} | ${ms.toFixed(3)} |`
  })
  const groups = presets.map(preset => `${preset}: saved | regret | best kept | stopped winners`).join(' | ')
  return [`| rule | ${groups} | ms a decision |`, `|${' --- |'.repeat(2 + 4 * presets.length)}`, ...lines].join('\n')
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

const width = 300
const height = 320
const margin = { left: 55, right: 15, top: 50, bottom: 45 }
const colours = ['#4b5563', '#1b6ca8', '#d1495b', '#2a9d5c', '#8f5fb5', '#e08e1b', '#00838f', '#a0522d', '#c2185b']

/** One panel a preset: epochs saved to the right, regret upwards. The lower right is the best. */
export function plot(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ rule }) => rule))]
  const worst = Math.max(0.01, ...rows.map(({ regret }) => regret))
  const panels = presets.map((preset, k) => {
    const x = (share: number) => k * width + margin.left + share * (width - margin.left - margin.right)
    const y = (regret: number) => height - margin.bottom - (regret / worst) * (height - margin.top - margin.bottom)
    const ticks = [0, 0.5, 1].flatMap(share => [
      `<text x="${x(share)}" y="${height - 28}" text-anchor="middle">${100 * share} %</text>`,
      `<text x="${x(0) - 6}" y="${y(share * worst) + 4}" text-anchor="end">${(share * worst).toPrecision(2)}</text>`,
      `<line x1="${x(0)}" x2="${x(1)}" y1="${y(share * worst)}" y2="${y(share * worst)}" stroke="#ddd"/>`,
    ])
    const dots = rows
      .filter(row => row.preset === preset)
      .map(({ rule, saved, regret }) => {
        const colour = colours[names.indexOf(rule) % colours.length]
        return `<circle cx="${x(saved).toFixed(1)}" cy="${y(regret).toFixed(1)}" r="5" fill="${colour}"><title>${rule}</title></circle>`
      })
    const titles = [
      `<text x="${x(0.5)}" y="38" text-anchor="middle" font-weight="bold">${preset}</text>`,
      `<text x="${x(0.5)}" y="${height - 10}" text-anchor="middle">epochs saved (more is better)</text>`,
    ]
    return [...ticks, ...titles, ...dots].join('\n')
  })
  const keys = names.map(
    (name, i) =>
      `<text x="${3 * width + 20}" y="${60 + 20 * i}" fill="${colours[i % colours.length]}">&#9679; ${name}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${3 * width + 130}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="10" y="18">regret: the best that was reached against the best curve there was (lower is better)</text>`,
    ...panels,
    ...keys,
    '</svg>',
  ].join('\n')
}
