/** The command `nx run data:export`. */
import {
  choiceFlag,
  commandError,
  type FlagTable,
  flagsOf,
  formatCounted,
  numberFlag,
  readFlags,
  runCommand,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import { DATASET_NAMES, datasetConflict, FEATURE_PROFILES, knownDataset } from '@vigil/features'
import { exportEvents } from './export-events.ts'

const FLAGS = {
  dataset: { value: 'NAME', about: 'whose events', choices: DATASET_NAMES, default: 'events' },
  data: {
    value: 'PATH',
    about: 'description of your events (docs/events.md); of darpa-tc a folder or file; none for a generator',
  },
  rows: {
    value: 'N',
    about: 'events of a generator; without it as many as a training generates',
    number: { min: 1000, max: 20_000_000, integer: true },
  },
  features: {
    value: 'NAME',
    about: 'inputs; docs/features.md. Without it as a training would',
    choices: FEATURE_PROFILES,
  },
  split: {
    value: 'NAME',
    about: 'how the rows are divided; without it as a training would',
    choices: ['described', 'stratified', 'temporal', 'by-stream'],
  },
  'split-seed': {
    value: 'N',
    about: 'seed of that division',
    number: { min: 0, max: 2 ** 32 - 1, integer: true },
    default: 42,
  },
  seed: { value: 'N', about: 'seed of the generator', number: { min: 0, max: 2 ** 32 - 1, integer: true }, default: 1 },
  raw: { about: 'the columns as they are before they are encoded' },
  out: { value: 'FILE', about: 'Parquet file to write; it must not exist' },
  card: { value: 'FILE', about: 'also a data card of that file, as Croissant (JSON-LD); it must not exist' },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'data:export',
    file: 'packages/data/src/export/export.ts',
    purpose:
      'Writes the inputs that a team would see as one Parquet file: one row per event in the order of the files, a column per input, then label, class, split and stream.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: [
      '--data=events.yaml --out=inputs.parquet',
      '--data=events.yaml --raw --out=events.parquet --card=croissant.json',
      '--dataset=darpa-tc --data=FOLDER --raw --out=raw.parquet',
      '--dataset=synthetic --rows=20000 --out=inputs.parquet',
    ],
    exitCodes: '0 written, 2 the usage is bad, 3 the data are bad',
  },
  async run({ words }) {
    const flags = readFlags(words, FLAGS)
    const out = textFlag(flags, 'out', 'FILE')
    if (out === undefined)
      throw commandError('INVALID_VALUE', '--out is needed: the Parquet file to write, as --out=inputs.parquet.')
    const dataset = choiceFlag(flags, 'dataset', FLAGS.dataset.choices) ?? FLAGS.dataset.default
    const { profiles, split } = knownDataset(dataset)
    const request = {
      dataset,
      path: textFlag(flags, 'data', 'PATH') ?? null,
      features: choiceFlag(flags, 'features', FLAGS.features.choices) ?? profiles[0],
      rows: numberFlag(flags, 'rows', FLAGS.rows.number) ?? null,
      split: choiceFlag(flags, 'split', FLAGS.split.choices) ?? split,
      splitSeed: numberFlag(flags, 'split-seed', FLAGS['split-seed'].number) ?? FLAGS['split-seed'].default,
      seed: numberFlag(flags, 'seed', FLAGS.seed.number) ?? FLAGS.seed.default,
    } as const
    const conflict = datasetConflict({ ...request, data: request.path })
    if (conflict !== null) throw commandError('INVALID_VALUE', conflict)
    const card = textFlag(flags, 'card', 'FILE') ?? null
    const raw = switchFlag(flags, 'raw') ?? false
    const target = { out, raw, card }
    const { rows, columns } = await exportEvents(request, target, (message) => process.stderr.write(`${message}\n`))
    process.stdout.write(`${formatCounted(rows, 'row')} of ${formatCounted(columns, 'column')} in ${out}\n`)
    const files = [{ path: out, what: raw ? 'raw columns as Parquet' : 'inputs as Parquet' }]
    return { rows, columns, files: card === null ? files : [...files, { path: card, what: 'data card as Croissant' }] }
  },
})
