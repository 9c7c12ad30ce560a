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
import { loadDataset } from '@vigil/data'
import { readBundle } from '@vigil/runs'
import { sampleOf, storeSample } from '../nearest/sample-file.ts'
import { requestOfRun } from '../run-request.ts'

const ROWS = { min: 2, max: 65_536, integer: true } as const

const FLAGS = {
  run: { value: 'FOLDER', about: 'whose training is sampled, as runs/NAME' },
  data: { value: 'PATH', about: "where the run's recording lies now; without it where it lay" },
  rows: { value: 'N', about: 'training events that are stored, half of them threats', number: ROWS, default: 4096 },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:sample',
    file: 'packages/service/src/cli/sample.ts',
    purpose:
      'Stores labelled training events in the bundle of a run. service:decide --why --nearest=N tells which of them are nearest to an event.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--run=runs/NAME'],
    exitCodes: '0 stored, 2 the usage is bad, 3 the data or the bundle are bad',
  },
  run: sample,
})

async function sample({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const run = textFlag(flags, 'run', 'runs/NAME')
  if (run === undefined) throw commandError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const { pipeline } = await readBundle(run)
  const request = await requestOfRun(run, textFlag(flags, 'data', 'PATH') ?? null)
  const { dataset } = await loadDataset({ ...request, pipeline }, (text) => void process.stderr.write(`${text}\n`))
  const stored = sampleOf(dataset, numberFlag(flags, 'rows', ROWS) ?? FLAGS.rows.default)
  const path = await storeSample(run, stored)
  process.stdout.write(`${formatCounted(stored.rows.length, 'training event')} stored\n`)
  return { rows: stored.rows.length, files: [{ path, what: 'labelled training events' }] }
}
