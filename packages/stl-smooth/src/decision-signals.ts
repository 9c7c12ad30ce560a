/** The signals of a team's decisions by name. Free of tensors: a config is checked without them. */

const AT_ONE_STEP = [
  'threat',
  'action',
  'prediction',
  'true_positive',
  'false_positive',
  'true_negative',
  'false_negative',
] as const

/** A decision signal that is about one step. */
export type StepSignal = (typeof AT_ONE_STEP)[number]

// A window of 1 or more, with zeros in front as the environment allows.
const WINDOWED = /^(fp_rate|detection_rate)\[(0*[1-9]\d*)\]$/

/** Decision signals that are 0 or 1, so that rate(signal) is the mean of the probabilities. */
export const BINARY_SIGNALS: ReadonlySet<string> = new Set(AT_ONE_STEP)

/** Whether a signal is made from the team's decisions and the labels. */
export function isRelaxed(name: string): boolean {
  return BINARY_SIGNALS.has(name) || WINDOWED.test(name)
}

/** A signal with a window taken apart; null for one that is about one step. */
export function windowedSignal(name: string): { rate: 'fp_rate' | 'detection_rate'; width: number } | null {
  const match = WINDOWED.exec(name)
  return match === null ? null : { rate: match[1] as 'fp_rate' | 'detection_rate', width: Number(match[2]) }
}
