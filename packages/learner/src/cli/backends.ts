/** `npx nx run learner:backends`: which engines and backends this machine has. docs/engines.md has more of each. */

import { type FlagTable, flagsOf, readFlags, runCommand, switchFlag } from '@vigil/command-line'
import { probeBackends } from '@vigil/engine'
import { backendTable } from '../terminal/backend-table.ts'

const FLAGS = {
  json: { value: 'true|false', about: 'JSON in place of the table', default: 'false' },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'learner:backends',
    file: 'packages/learner/src/cli/backends.ts',
    purpose:
      'Says which engines and backends this machine has, and which command adds what it lacks. docs/engines.md has more of each.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['', '--json'],
  },
  async run({ words }) {
    const json = switchFlag(readFlags(words, FLAGS), 'json')
    const report = await probeBackends()
    process.stdout.write(
      json ? `${JSON.stringify(report, null, 2)}\n` : backendTable(report, { isTTY: process.stdout.isTTY === true }),
    )
  },
})
