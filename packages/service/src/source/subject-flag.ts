/** Subjects of NATS as flags name them. */
import { commandError, type Flags, harmlessText, textFlag } from '@vigil/command-line'

/** Words between dots; "*" stands for one, ">" at the end for all that follow. */
const FILTER = /^(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?$|^>$/

/**
 * @param isFilter whether the subject may stand for several, as of what is heard
 * @throws {VigilError} INVALID_VALUE
 */
export function subjectFlag(flags: Flags, name: string, isFilter: boolean): string | undefined {
  const subject = textFlag(flags, name, 'SUBJECT')
  if (subject === undefined || (FILTER.test(subject) && (isFilter || !/[*>]/.test(subject)))) return subject
  const stars = isFilter ? '"*" for one word and ">" for all behind it' : 'without "*" and ">"'
  throw commandError(
    'INVALID_VALUE',
    `--${name} needs words with dots between them, as site.events, ${stars}, received ${harmlessText(subject, 60)}. Give another subject.`,
  )
}

/** Whether what is published to a subject is heard by a filter. */
export function isHeardBy(filter: string, subject: string): boolean {
  const [wanted, given] = [filter.split('.'), subject.split('.')]
  return (
    wanted.every((word, i) => word === '>' || (i < given.length && (word === '*' || word === given[i]))) &&
    (wanted.at(-1) === '>' ? given.length >= wanted.length : given.length === wanted.length)
  )
}
