/** What must hold of everything that a team has done, from its files and from what each honest agent wants, and from nothing else. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type BatchCertificate,
  CHAIN_BEGIN,
  decodeCertificates,
  epochOf,
  placeAfter,
  verifyLink,
} from '@vigil/agreement'
import { ACTION_NAMES } from '../written-decision.ts'
import { readEpochs } from './epoch-files.ts'

/** A line of decisions. */
export type Line = {
  readonly id: string
  readonly action: string
  readonly late?: true
  readonly votes?: readonly (string | null)[]
}

const isRestrictive = (action: string) => action === 'block' || action === 'quarantine'

/** What was found. */
export type Findings = {
  /** sentences, each a property that does not hold */
  readonly violations: readonly string[]
  readonly certificates: number
  readonly answers: number
  /** answers to an event that has one already, by its id */
  readonly twice: number
  /** events that were answered with the fallback */
  readonly late: number
  /** rows on which all honest agents wanted one class */
  readonly unanimous: number
}

/**
 * @param wanted lines that the whole team writes where all are honest, whose votes are what each agent wants
 * @param honest agents that are
 */
export async function checkTeam(
  folder: string,
  {
    lines,
    wanted,
    honest,
    evidence,
  }: {
    readonly lines: readonly string[]
    readonly wanted: readonly string[]
    readonly honest: readonly number[]
    readonly evidence: readonly string[]
  },
): Promise<Findings> {
  const epochs = await readEpochs(join(folder, 'team', 'team.json'), () => undefined)
  const teamAt = (batch: number) => epochOf(epochs, batch).team
  const violations: string[] = []
  const chain = decodeCertificates(readFileSync(join(folder, 'out', 'certificates.bin')), teamAt)
  let place = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }
  for (const certificate of chain) {
    const reason = verifyLink(certificate, place, teamAt(place.batch))
    if (reason !== null) violations.push(`agreement: batch ${place.batch} does not hold (${reason})`)
    place = placeAfter(certificate)
  }
  const expected = wanted.map((line) => JSON.parse(line) as Required<Line>)
  const answers = lines.map((line) => JSON.parse(line) as Line)
  if (answers.some(({ id }, row) => id !== expected[row].id))
    violations.push('integrity: not one line for each event in order')
  const certified = chain.flatMap((batch) => rowsOf(batch))
  let unanimous = 0
  for (const [row, { action, votes, batch }] of certified.entries()) {
    const team = teamAt(batch)
    const own = expected[row].votes
    for (const agent of honest) {
      if (votes[agent] !== null && votes[agent] !== own[agent]) violations.push(`validity: row ${row}, agent ${agent}`)
    }
    if (votes.filter((vote) => vote !== null).length < team.agentCount - team.faults)
      violations.push(`inclusion: row ${row}`)
    const classes = new Set(honest.map((agent) => isRestrictive(own[agent]!)))
    if (classes.size === 1) {
      unanimous++
      if (!classes.has(isRestrictive(action))) violations.push(`unanimity: row ${row}`)
    }
  }
  for (const [row, answer] of answers.entries()) {
    if (answer.late) continue
    if (certified[row]?.action !== answer.action)
      violations.push(`certificates: the action of row ${row} has none behind it`)
  }
  for (const line of evidence) {
    const { agent } = JSON.parse(line) as { agent: number }
    if (honest.includes(agent)) violations.push(`blame: agent ${agent}`)
  }
  const twice = answers.length - new Set(answers.map(({ id }) => id)).size
  const late = answers.filter((answer) => answer.late).length
  return { violations, certificates: chain.length, answers: answers.length, twice, late, unanimous }
}

/** The certified action and votes of each row. */
function rowsOf({
  settings,
  value,
  actions,
}: BatchCertificate): { action: string; votes: (string | null)[]; batch: number }[] {
  return Array.from({ length: settings.rows }, (_, row) => ({
    action: ACTION_NAMES[actions[row]],
    batch: settings.domain.batch,
    votes: Array.from({ length: settings.agentCount }, (__, agent) => {
      const ballot = value.find((one) => one.agent === agent)
      return ballot === undefined ? null : ACTION_NAMES[ballot.actions[row]]
    }),
  }))
}
