import { bitsOf } from '@vigil/engine'
import type { RepeatedRun } from '@vigil/learner'

/** What a repetition says about a run. */
export type Verdict = {
  readonly matches: boolean
  /** What was compared, one line each. */
  readonly findings: readonly string[]
  /** What may have made the difference, likeliest first; empty when there is none. */
  readonly reasons: readonly string[]
}

/** Engines with every sum in a fixed order, on every machine that has them. */
const SAME_BYTES_EVERYWHERE = [
  'portable wasm',
  'tfjs wasm',
  'tfjs cpu',
  'native fma',
  'native neon',
  'native portable-c',
]

/** Holds a run folder against its repetition. It matches when nothing differs: record, checkpoints and metrics. */
export function verdictOn(run: RepeatedRun): Verdict {
  const { recorded, repeated, difference, samePipeline } = run
  const weights = [
    ['run.json', recorded.weightsSha256, repeated.weightsSha256],
    ['checkpoints/latest.checkpoint', run.latestSha256, repeated.weightsSha256],
    ['checkpoints/best.checkpoint', run.bestSha256, run.repeatedBestSha256 ?? 'no best checkpoint'],
  ] as const
  const findings = weights.map(([file, kept, again]) =>
    kept === again ? `${file}: weights ${kept}, the same again` : `${file}: weights ${kept}, but repeated ${again}`,
  )
  findings.push(`metrics.jsonl: ${metricsInWords(difference)}`)
  findings.push(`pipeline.json: ${samePipeline ? 'the same features again' : 'other features than were fitted again'}`)
  const fingerprints = [
    ['metrics', recorded.metricsSha256, repeated.metricsSha256],
    ['settings', recorded.configFingerprint, repeated.configFingerprint],
    ['data', recorded.datasetFingerprint, repeated.datasetFingerprint],
  ] as const
  for (const [what, kept, again] of fingerprints) {
    if (kept !== again) findings.push(`${what}: not those that run.json records`)
  }
  const matches =
    difference === null && samePipeline && [...weights, ...fingerprints].every(([, kept, again]) => kept === again)
  return { matches, findings, reasons: matches ? [] : reasonsFor(run) }
}

function metricsInWords(difference: RepeatedRun['difference']): string {
  if (difference === null) return 'every line the same again, times aside'
  const { line, field, recorded, repeated } = difference
  return `line ${line}${field === null ? '' : `, ${field}`}: recorded ${recorded}, but repeated ${repeated}`
}

function reasonsFor(run: RepeatedRun): readonly string[] {
  const { recorded, repeated, difference } = run
  const reasons: string[] = []
  if (recorded.configFingerprint !== repeated.configFingerprint) {
    reasons.push('config.json is not what the run was trained with, or another version of Vigil reads it otherwise.')
  }
  if (recorded.datasetFingerprint !== repeated.datasetFingerprint) {
    reasons.push('The data, or the settings and code that make features of them, are not those of the run.')
  }
  if (bitsOf(recorded.engine, recorded.backend) !== bitsOf(repeated.engine, repeated.backend)) {
    reasons.push(
      `The run was trained with the engine ${bitsOf(recorded.engine, recorded.backend)}, and repeated with ${bitsOf(repeated.engine, repeated.backend)}: their last bits differ.`,
    )
  } else if (!SAME_BYTES_EVERYWHERE.includes(bitsOf(recorded.engine, recorded.backend))) {
    reasons.push(`The engine ${bitsOf(recorded.engine, recorded.backend)} does not promise the same bytes twice.`)
  }
  for (const name of ['vigil', 'node'] as const) {
    const [before, now] = [recorded.versions[name], repeated.versions[name]]
    if (before !== now) reasons.push(`The run was finished with ${name} ${before}, and repeated with ${now}.`)
  }
  if (reasons.length > 0) return reasons
  return changedFiles(run, difference === null)
}

/** Where settings, data, engine and versions are those of the run, a file must have been changed, or Vigil is wrong. */
function changedFiles(run: RepeatedRun, metricsAgree: boolean): readonly string[] {
  const { recorded, repeated } = run
  const again = repeated.weightsSha256
  // Metrics that are the same again, and a record of others.
  const isSameMetrics = !metricsAgree || recorded.metricsSha256 === repeated.metricsSha256
  if (recorded.weightsSha256 !== again && run.latestSha256 !== again) {
    return [
      'Nothing that is recorded explains it. Either files of the run were changed, or it is a defect of Vigil: then please report it with the run folder.',
    ]
  }
  const changed = [
    ...(recorded.weightsSha256 === again && isSameMetrics ? [] : ['run.json']),
    ...(run.latestSha256 === again ? [] : ['checkpoints/latest.checkpoint']),
    ...(run.bestSha256 === run.repeatedBestSha256 ? [] : ['checkpoints/best.checkpoint']),
    ...(metricsAgree ? [] : ['metrics.jsonl']),
    ...(run.samePipeline ? [] : ['pipeline.json']),
  ]
  return changed.map((file) => `${file} was changed after the training, or comes from another run.`)
}
