import {
  type CommandContext,
  commandError,
  type FlagTable,
  flagsOf,
  formatCounted,
  numberFlag,
  readFlags,
  runCommand,
  textFlag,
} from '@vigil/command-line'
import { loadRecording } from '@vigil/data'
import { readBundle } from '@vigil/runs'
import { requestOfRun } from '../run-request.ts'
import { storeCheck } from '../serve/stored-check.ts'

const ROWS = { min: 1, max: 10_000, integer: true } as const

const FLAGS = {
  run: { value: 'FOLDER', about: 'whose team is checked, as runs/NAME' },
  data: { value: 'PATH', about: "where the run's recording lies now; without it where it lay" },
  rows: { value: 'N', about: 'events that are stored, the first in time', number: ROWS, default: 256 },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:check',
    file: 'packages/service/src/cli/check.ts',
    purpose:
      "Stores the first events of a run's recording with the team's decisions in its bundle. service:serve decides on them again before it is ready.",
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--run=runs/NAME'],
    exitCodes: '0 stored, 2 the usage is bad, 3 the data or the bundle are bad',
  },
  run: check,
})

async function check({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const run = textFlag(flags, 'run', 'runs/NAME')
  if (run === undefined) throw commandError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const bundle = await readBundle(run)
  const data = textFlag(flags, 'data', 'PATH') ?? null
  const request = { ...(await requestOfRun(run, data)), pipeline: bundle.pipeline }
  const { order, event } = await loadRecording(request, (text) => void process.stderr.write(`${text}\n`))
  const rows = order.slice(0, numberFlag(flags, 'rows', ROWS) ?? FLAGS.rows.default)
  const path = await storeCheck(run, bundle, Array.from(rows, event))
  process.stdout.write(`${formatCounted(rows.length, 'event')} stored with the decisions on them\n`)
  return { rows: rows.length, files: [{ path, what: 'events with their decisions' }] }
}
