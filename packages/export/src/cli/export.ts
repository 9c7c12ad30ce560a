import {
  choiceFlag,
  commandError,
  type FlagTable,
  flagsOf,
  formatCount,
  readFlags,
  runCommand,
  textFlag,
} from '@vigil/command-line'
import { EXPORT_FORMATS, type ExportFormat, exportTeam } from '../export-team.ts'

const FLAGS = {
  run: { value: 'FOLDER', about: 'whose team is exported, as runs/NAME: the bundle in it' },
  format: { value: 'NAME', about: 'what is written (docs/export.md)', choices: EXPORT_FORMATS },
  out: { value: 'FILE', about: 'file to write; it must not exist. Rules: .json, .yaml (as Sigma) or text' },
  data: { value: 'PATH', about: 'where the data of the run lie now; rules alone read them' },
} as const satisfies FlagTable

/** What the file of each format is. */
const WHAT: Readonly<Record<ExportFormat, string>> = {
  onnx: 'team as ONNX',
  safetensors: 'weights as safetensors',
  'torch-state': 'weights as a state dictionary of PyTorch',
  rules: 'rules that do what the team does',
  card: 'model card',
}

await runCommand({
  help: {
    command: 'learner:export',
    file: 'packages/export/src/cli/export.ts',
    purpose:
      'Writes the team of a run for others: as ONNX from raw columns to decisions, its weights as safetensors or a state dictionary of PyTorch, at most ten rules that do what it does, or a model card.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: [
      '--run=runs/NAME --format=onnx --out=team.onnx',
      '--run=runs/NAME --format=safetensors --out=team.safetensors',
      '--run=runs/NAME --format=torch-state --out=team.pt',
      '--run=runs/NAME --format=rules --out=rules.yaml',
      '--run=runs/NAME --format=card --out=README.md',
    ],
    exitCodes: '0 written, 2 the usage is bad, 3 the bundle is bad or the format cannot hold the team',
  },
  async run({ words }) {
    const flags = readFlags(words, FLAGS)
    const run = textFlag(flags, 'run', 'runs/NAME')
    const format = choiceFlag(flags, 'format', EXPORT_FORMATS)
    const out = textFlag(flags, 'out', 'FILE')
    if (run === undefined) throw commandError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
    if (format === undefined) {
      throw commandError('INVALID_VALUE', `--format is needed: one of ${EXPORT_FORMATS.join(', ')}.`)
    }
    if (out === undefined)
      throw commandError('INVALID_VALUE', '--out is needed: the file to write, as --out=team.onnx.')
    const bytes = await exportTeam(run, { format, out, data: textFlag(flags, 'data', 'PATH') ?? null })
    process.stdout.write(`${formatCount(bytes)} bytes in ${out}\n`)
    return { format, files: [{ path: out, what: WHAT[format] }] }
  },
})
