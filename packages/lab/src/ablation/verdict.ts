import type { Ablation } from './ablation-file.ts'
import { type RecordedAttempt, recordedOf } from './recorded.ts'

type Run = Ablation['runs'][number]

/** A constant action, no threat stopped, or no benign event let pass. */
type Collapse = 'stops all' | 'stops none' | 'TP 0' | 'TN 0'

/** Of one seed, and of several. */
const IN_WORDS: Readonly<Record<Collapse | 'no end' | 'no collapse', readonly [string, string]>> = {
  'stops all': ['stops all', 'stop all'],
  'stops none': ['stops none', 'stop none'],
  'TP 0': ['stops no threat', 'stop no threat'],
  'TN 0': ['lets no benign event pass', 'let no benign event pass'],
  'no end': ['came to no end', 'came to no end'],
  'no collapse': ['tells events apart', 'tell events apart'],
}

/** null for a team that tells events apart, and for one that was not scored. */
export function collapseOf({ tp, fp, tn, fn }: Pick<Run, 'tp' | 'fp' | 'tn' | 'fn'>): Collapse | null {
  if (tp === null) return null
  if (tn === 0 && fn === 0) return 'stops all'
  if (tp === 0 && fp === 0) return 'stops none'
  if (tp === 0) return 'TP 0'
  return tn === 0 ? 'TN 0' : null
}

/** How a training ended, for a cell of a table; empty where it has nothing to say. */
export function verdictOf(run: Run): Collapse | 'no end' | '' {
  return run.failure === null ? (collapseOf(run) ?? '') : 'no end'
}

/** How several trainings ended, for a cell of a table: means over seeds would hide it. */
export function verdictOn(runs: readonly Run[]): string {
  const collapsed = runs.filter((run) => collapseOf(run) !== null).length
  const failed = runs.filter(({ failure }) => failure !== null).length
  return [
    ...(collapsed === 0 ? [] : [`${collapsed} of ${runs.length} ${collapsed === 1 ? 'collapses' : 'collapse'}`]),
    ...(failed === 0 ? [] : [`${failed} of ${runs.length} no end`]),
  ].join(', ')
}

/** How the seeds of one way to train ended, seeds that ended alike together; null where all tell events apart. */
export function seedsInWords(runs: readonly Run[]): string | null {
  const seedsBy = new Map<keyof typeof IN_WORDS, number[]>()
  for (const run of runs) {
    const verdict = verdictOf(run) || 'no collapse'
    seedsBy.set(verdict, [...(seedsBy.get(verdict) ?? []), run.seed])
  }
  if (seedsBy.size === 1 && seedsBy.has('no collapse')) return null
  if (runs.length === 1) return [...seedsBy.keys()].map((verdict) => IN_WORDS[verdict][0])[0]
  return [...seedsBy]
    .map(([verdict, seeds]) => {
      const [one, several] = IN_WORDS[verdict]
      return seeds.length === 1 ? `seed ${seeds[0]} ${one}` : `seeds ${seeds.join(', ')} ${several}`
    })
    .join('; ')
}

/** What came of all trainings, in a sentence. */
export function headlineOf({ runs }: Ablation): string {
  const verdicts = runs.map(verdictOf)
  const countOf = (...wanted: readonly string[]) => verdicts.filter((verdict) => wanted.includes(verdict)).length
  const collapsed = countOf('stops all', 'stops none', 'TP 0')
  const [blocking, failed] = [countOf('TN 0'), countOf('no end')]
  const [stop, decide] = collapsed === 1 ? ['stops', 'decides'] : ['stop', 'decide']
  return [
    `${collapsed} of ${runs.length} ${runs.length === 1 ? 'training' : 'trainings'} ${stop} no threat, or ${decide} all events alike`,
    ...(blocking === 0 ? [] : [`${blocking} ${IN_WORDS['TN 0'][blocking === 1 ? 0 : 1]}`]),
    ...(failed === 0 ? [] : [`${failed} ${IN_WORDS['no end'][0]}`]),
  ].join('; ')
}

const AS_RECORDED: Readonly<Record<NonNullable<RecordedAttempt['collapsed']>, readonly string[]>> = {
  'all blocked': ['stops all'],
  'one action': ['stops all', 'stops none'],
  'TP 0': ['stops none', 'TP 0'],
}

/** Whether a training collapses as the record says of its preset; null of a variant, and where the record says nothing. */
export function isAsRecorded(run: Run): boolean | null {
  const collapsed = run.name === run.preset ? (recordedOf(run.preset)?.collapsed ?? null) : null
  return collapsed === null ? null : AS_RECORDED[collapsed].includes(verdictOf(run))
}

/** isAsRecorded of the seeds of one way to train, in words; null where the record says nothing. */
export function asRecordedInWords(runs: readonly Run[]): string | null {
  const answers = runs.map(isAsRecorded)
  if (answers[0] === null) return null
  if (answers.length === 1) return answers[0] ? 'yes' : 'no'
  return `${answers.filter((answer) => answer === true).length} of ${answers.length}`
}
