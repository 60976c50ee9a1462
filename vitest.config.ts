import { defineConfig } from 'vitest/config'

/** Five projects: `npm test` runs the first four; `lanes` need outside parts and skip with a reason. */
const project = (name: string, include: string[], testTimeout: number) => ({
  test: { name, include, testTimeout, hookTimeout: 60_000 },
})
const outside = ['e2e', 'conformance', 'property', 'lanes']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: outside.map(name => `test/${name}/**`),
          testTimeout: 1_000,
        },
      },
      project('property', ['test/property/**/*.test.ts'], 30_000),
      project('conformance', ['test/conformance/**/*.test.ts'], 30_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 120_000),
      project('lanes', ['test/lanes/**/*.test.ts'], 600_000),
    ],
  },
})
