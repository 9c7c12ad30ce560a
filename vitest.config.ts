import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Tests start many processes and threads of the same files, which are parsed and compiled once.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url))

const ignored = ['**/node_modules/**', '**/build/**', '**/generated/**']

// A test's file name says when it runs: `x.test.ts` with `npm test`, `x.slow.test.ts` with `npm run test:slow` (processes, kills,
// sweeps, whole trainings), `x.soak.test.ts` by hand with `npm run test:soak`.
export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Node runs what tests import, as it runs the product: nothing is transformed, and parsing is cached.
    experimental: { viteModuleRunner: false },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['**/*.test.ts'],
          exclude: [...ignored, '**/*.{slow,soak}.test.ts'],
          // Files share processes, and so the modules that they import. A test puts back what it changes.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'slow', include: ['**/*.slow.test.ts'], exclude: ignored, testTimeout: 1_800_000 },
      },
      {
        extends: true,
        test: { name: 'soak', include: ['**/*.soak.test.ts'], exclude: ignored, testTimeout: 43_200_000 },
      },
    ],
  },
})
