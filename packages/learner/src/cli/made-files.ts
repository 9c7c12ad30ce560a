/** The files in a run folder that a command has made, for what it comes to. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { EvaluationSplit } from '@vigil/actors'
import type { MadeFile } from '@vigil/command-line'
import { bundleFiles, curvesFolder, type RunFolder, resultFiles, runFolderAt } from '@vigil/runs'

const OF_TRAINING: Readonly<Record<Exclude<keyof RunFolder, 'path'>, string>> = {
  config: 'settings',
  pipeline: 'features',
  metrics: 'metrics',
  record: 'record of the training',
  lastWeights: 'decisions of the last weights',
  initial: 'what training began with',
  latest: 'latest checkpoint',
  best: 'best checkpoint',
  crossEntropy: 'cross-entropy baseline',
  boosting: 'boosting baseline',
}

const OF_RESULTS: Readonly<Record<keyof ReturnType<typeof resultFiles>, string>> = {
  evaluation: 'evaluation',
  report: 'report',
  certificates: 'certificates',
  publicKeys: 'public keys',
}

/** Those of a training. @param isEvaluated whether it has made an evaluation, too */
export function filesOfTraining(path: string, isEvaluated: boolean): readonly MadeFile[] {
  const folder = runFolderAt(path)
  const curves = curvesFolder(folder)
  const events = existsSync(curves) ? readdirSync(curves).sort() : []
  return [
    ...named(folder, OF_TRAINING),
    ...events.map((name) => ({ path: join(curves, name), what: 'curves for TensorBoard' })),
    // A training that goes on has no record: the bundle there is of before.
    ...(existsSync(folder.record) ? filesOfBundle(path) : []),
    ...(isEvaluated ? named(resultFiles(folder, 'test'), OF_RESULTS) : []),
  ]
}

/** Those of an evaluation, with the baselines that it keeps. @param out where its results lie, which may be the run folder */
export function filesOfEvaluation(run: string, out: string, split: EvaluationSplit): readonly MadeFile[] {
  const { crossEntropy, boosting } = runFolderAt(run)
  const isOwn = resolve(out) === resolve(run)
  const kept = (path: string) => (isOwn ? path : join(out, basename(path)))
  return [
    ...named(resultFiles({ path: out }, split), OF_RESULTS),
    ...filesOfBundle(out),
    ...named({ crossEntropy: kept(crossEntropy), boosting: kept(boosting) }, OF_TRAINING),
  ]
}

function filesOfBundle(path: string): readonly MadeFile[] {
  return Object.values(bundleFiles(path))
    .filter(existsSync)
    .map((file) => ({ path: file, what: 'bundle' }))
}

/** Those that are there, in words. */
function named<Name extends string>(
  paths: Readonly<Partial<Record<NoInfer<Name>, string>>>,
  words: Readonly<Record<Name, string>>,
): readonly MadeFile[] {
  return (Object.keys(words) as Name[]).flatMap((name) => {
    const path = paths[name]
    return path !== undefined && existsSync(path) ? [{ path, what: words[name] }] : []
  })
}
