import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { appendBytes } from '@vigil/command-line'
import { tensorboard } from '../generated/event.js'
import { histogramOf } from './histogram.ts'
import { recordOf } from './record.ts'

/** Settings beside the curves. */
export type Hyperparameters = Readonly<Record<string, string | number | boolean>>

/** A file of events that grows. */
export type EventFile = {
  readonly path: string
  /** Writes figures and histograms of values of one step under their tags; what is not finite is left out. */
  add(
    step: number,
    scalars: Readonly<Record<string, number>>,
    values?: Readonly<Record<string, Float32Array>>,
  ): Promise<void>
}

/** Files are read in the order of their names. */
const NAME = /^events\.out\.tfevents\.(\d{10})\.vigil$/
const HPARAMS_TAG = '_hparams_/session_start_info'
const DT_FLOAT = 1

/**
 * Begins an event file of TensorBoard in a folder, behind those that are there. Whatever earlier files have from `firstStep` on is
 * void from now on: a run that was killed had gone on behind its last checkpoint.
 *
 * @example
 * ```ts
 * const file = await beginEventFile('runs/NAME/tensorboard', { firstStep: 1, hyperparameters: { seed: 1 } })
 * await file.add(1, { 'train/entropy': 1.386 })
 * ```
 *
 * @param now milliseconds since 1970, beside every event
 * @throws {VigilError} FILE_UNWRITABLE, here and from `add`
 */
export async function beginEventFile(
  folder: string,
  { firstStep, hyperparameters }: { readonly firstStep: number; readonly hyperparameters: Hyperparameters },
  now: () => number = Date.now,
): Promise<EventFile> {
  // What is wrong with the folder shows when the file is written.
  await mkdir(folder, { recursive: true }).catch(() => undefined)
  const before = await readdir(folder).catch(() => [])
  const last = Math.max(0, ...before.map((name) => Number(NAME.exec(name)?.[1] ?? 0)))
  const path = join(folder, `events.out.tfevents.${`${last + 1}`.padStart(10, '0')}.vigil`)
  const encoded = (event: tensorboard.IEvent) =>
    recordOf(tensorboard.Event.encode({ wallTime: now() / 1000, ...event }).finish())
  const { START } = tensorboard.SessionLog.SessionStatus
  const head: tensorboard.IEvent[] = [
    { fileVersion: 'brain.Event:2' },
    { step: firstStep, sessionLog: { status: START } },
    { step: firstStep, summary: { value: [hyperparameterValue(hyperparameters, now() / 1000)] } },
  ]
  await appendBytes(path, Buffer.concat(head.map(encoded)))
  return {
    path,
    async add(step, scalars, values = {}) {
      const finite = Object.entries(scalars).filter(([, value]) => Number.isFinite(value))
      const histograms = Object.entries(values)
        .map(([tag, own]) => [tag, own.filter(Number.isFinite)] as const)
        .filter(([, own]) => own.length > 0)
      const value = [
        ...finite.map(([tag, simpleValue]) => ({ tag, simpleValue })),
        ...histograms.map(([tag, own]) => ({ tag, histo: histogramOf(own) })),
      ]
      await appendBytes(path, encoded({ step, summary: { value } }))
    },
  }
}

/** The settings as TensorBoard's plugin hparams keeps them: in the metadata of an empty tensor. */
function hyperparameterValue(hyperparameters: Hyperparameters, startTimeSecs: number): tensorboard.Summary.IValue {
  const hparams = Object.fromEntries(Object.entries(hyperparameters).map(([name, value]) => [name, kindOf(value)]))
  const content = tensorboard.HParamsPluginData.encode({ sessionStartInfo: { hparams, startTimeSecs } }).finish()
  return {
    tag: HPARAMS_TAG,
    tensor: { dtype: DT_FLOAT, tensorShape: { dim: [{ size: 0 }] } },
    metadata: { pluginData: { pluginName: 'hparams', content } },
  }
}

function kindOf(value: string | number | boolean): tensorboard.IHyperparameter {
  if (typeof value === 'number') return { numberValue: value }
  return typeof value === 'boolean' ? { boolValue: value } : { stringValue: value }
}
