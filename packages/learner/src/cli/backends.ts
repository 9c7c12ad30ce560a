/** `npx nx run learner:backends`: which engines and backends this machine has. docs/engines.md has more of each. */
import { commandLine, readFlags, runCommand, UsageError } from '@vigil/command-line'
import { probeBackends } from '../engine/probe/probe-backends.ts'
import { backendTable } from '../terminal/backend-table.ts'
import { errorKinds } from './error-kinds.ts'

await runCommand(async () => {
  const flags = readFlags(commandLine(), ['json'])
  const value = flags.get('json')
  if (typeof value === 'string') {
    throw new UsageError('INVALID_VALUE', `--json takes no value, but has "${value}". Give --json alone.`)
  }
  const report = await probeBackends()
  const text = flags.has('json')
    ? `${JSON.stringify(report, null, 2)}\n`
    : backendTable(report, { isTTY: process.stdout.isTTY === true })
  process.stdout.write(text)
}, errorKinds)
