/** The race as a picture: mean normalised regret against trials, one line an algorithm. Lower is better. */
import { meanRegretCurves, type RaceRow } from './search-report.ts'

const width = 760
const height = 440
const margin = { left: 60, right: 190, top: 30, bottom: 50 }
const colours = ['#1b6ca8', '#d1495b', '#2a9d5c', '#8f5fb5', '#e08e1b', '#4b5563', '#00838f', '#a0522d', '#c2185b']
/** Below this the axis ends: three digits of the way to the optimum. */
const FLOOR = 1e-3

export function racePlot(rows: readonly RaceRow[]): string {
  const trials = Math.max(...rows.map(row => row.trials))
  const x = (share: number) => margin.left + share * (width - margin.left - margin.right)
  const y = (regret: number) => {
    const share = Math.log(Math.max(FLOOR, regret) / FLOOR) / Math.log(2 / FLOOR)
    return height - margin.bottom - share * (height - margin.top - margin.bottom)
  }
  const lines = meanRegretCurves(rows).map(({ algorithm, regrets }, i) => {
    const colour = colours[i % colours.length]
    const points = regrets.map((regret, k) => `${x((k + 1) / regrets.length).toFixed(1)},${y(regret).toFixed(1)}`)
    const last = points.at(-1)?.split(',') ?? ['0', '0']
    const label = `<text x="${Number(last[0]) + 8}" y="${Number(last[1]) + 4}" fill="${colour}">${algorithm}</text>`
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>${label}`
  })
  const across = [0.2, 0.4, 0.6, 0.8, 1].map(
    share => `<text x="${x(share)}" y="${height - 28}" text-anchor="middle">${Math.round(share * trials)}</text>`,
  )
  const up = [1, 0.1, 0.01, 0.001].map(
    regret =>
      `<line x1="${x(0)}" x2="${x(1)}" y1="${y(regret)}" y2="${y(regret)}" stroke="#ddd"/><text x="${x(0) - 8}" y="${y(regret) + 4}" text-anchor="end">${regret}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...up,
    ...across,
    `<text x="${x(0.5)}" y="${height - 8}" text-anchor="middle">finished trials</text>`,
    `<text x="14" y="18">mean normalised regret (1: random search at the end, 0: the optimum; lower is better)</text>`,
    ...lines,
    '</svg>',
  ].join('\n')
}
