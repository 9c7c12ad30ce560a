/**
 * `npx nx run tools:verify --certificates=FILE`: checks a run's certificates with the public keys alone. With `--decision=ID`: makes one
 * logged decision again.
 */
import { hash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  type BatchCertificate,
  beginOf,
  type ChainTeam,
  decodeCertificates,
  decodePublicTeam,
  type Epoch,
  epochOf,
  PUBLIC_TEAM_MOST,
  type TrustedTeam,
} from '@vigil/agreement'
import {
  commandError,
  type FlagTable,
  flagsOf,
  readFlags,
  runCommand,
  systemReason,
  textFlag,
} from '@vigil/command-line'
import { type Audit, auditDecisions, readEpochs } from '@vigil/service'
import { toolError } from '../errors.ts'
import { verifyAll, verifyChain } from './verify-all.ts'
import { verifyDecision } from './verify-decision.ts'

const FLAGS = {
  certificates: { value: 'FILE', about: 'the certificates, as runs/NAME/certificates.bin' },
  keys: {
    value: 'FILE',
    about: 'the public keys, or the manifest of a team of several processes',
    default: 'public-keys.json beside the certificates, public-keys-SPLIT.json for certificates-SPLIT.bin',
  },
  decided: {
    value: 'FOLDER',
    about: 'of service:enforce: also its events, verdicts and decisions are compared with its certificates',
  },
  decision: { value: 'ID', about: 'makes the decision on this event again, instead' },
  log: { value: 'FILE', about: 'decisions as service:decide prints them, or the log of service:serve --log-events' },
  run: { value: 'FOLDER', about: 'whose team decided, as runs/NAME: its bundle' },
  data: { value: 'FILE', about: 'the events and verdicts, a line each, where the log does not have them' },
} as const satisfies FlagTable

/** Flags of the two things that the command does. */
const OF_CERTIFICATES = ['certificates', 'keys', 'decided'] as const
const OF_DECISION = ['log', 'run', 'data'] as const

await runCommand({
  help: {
    command: 'tools:verify',
    file: 'tools/src/verify/verify.ts',
    purpose:
      'Checks the certificates of a run: signatures, quorums, votes and decisions; or makes one logged decision again, to the same bits. Nothing but the files is needed.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: [
      '--certificates=runs/NAME/certificates.bin',
      '--certificates=decided/certificates.bin --keys=team/team.json',
      '--decided=decided --keys=team/team.json',
      '--decision=7 --log=decisions.jsonl --run=runs/NAME --data=events.jsonl',
    ],
    exitCodes: '0 all hold, 1 one does not or is another one, 2 bad usage, 3 a file that is no such file',
  },
  async run({ words }) {
    const flags = readFlags(words, FLAGS)
    const decision = textFlag(flags, 'decision', 'ID')
    const other = (decision === undefined ? OF_DECISION : OF_CERTIFICATES).find((name) => flags.has(name))
    if (other !== undefined) {
      const conflict =
        decision === undefined
          ? `--${other} is of one logged decision. Name it with --decision=ID, or leave --${other} out.`
          : `--${other} is of certificates, and --decision of one logged decision. Leave one of them out.`
      throw commandError('INVALID_VALUE', conflict)
    }
    if (decision !== undefined) return await verifyDecision(decision, flags)
    const decided = textFlag(flags, 'decided', 'FOLDER')
    if (decided !== undefined && !flags.has('keys')) throw decidedNeedsManifest()
    const path = textFlag(flags, 'certificates', 'FILE') ?? (decided && join(decided, 'certificates.bin'))
    if (path === undefined) throw needsCertificates()
    // First what the command was given: the keys are looked for beside it.
    const written = await read(path)
    const keysPath = textFlag(flags, 'keys', 'FILE') ?? keysBeside(path)
    const keys = await read(keysPath, PUBLIC_TEAM_MOST + 1)
    const text = keys.toString('utf8')
    const said = `Public keys ${keysPath}, SHA-256 ${hash('sha256', keys)}\n`
    if (isManifest(text)) {
      const epochs = await readEpochs(keysPath, (text) => process.stderr.write(`${text}\n`))
      const teamAt = (batch: number) => epochOf(epochs, batch).team
      const chain = decodeCertificates(written, teamAt)
      const found = reportChain(said, chain, epochs)
      return decided === undefined ? found : { ...found, ...(await reportDecided(decided, chain)) }
    }
    if (decided !== undefined) throw decidedNeedsManifest()
    const team = decodePublicTeam(text)
    const certificates = decodeCertificates(written, team)
    const { batches, rows, wrong, missing } = verifyAll(certificates, team)
    process.stdout.write(said)
    process.stdout.write(`${termsText(team)}\n`)
    for (const { batch, reason } of wrong) process.stdout.write(`batch ${batch}: ${reason}\n`)
    for (const batch of missing.first) process.stdout.write(`batch ${batch}: MISSING\n`)
    if (missing.count > missing.first.length) process.stdout.write(`batches missing in all: ${missing.count}\n`)
    process.stdout.write(
      `${certificates.length} certificates for ${batches} batches, ${wrong.length} wrong; ${rows} of ${team.rows} decisions hold\n`,
    )
    if (wrong.length === 0 && missing.count === 0) return { certificates: certificates.length, batches, rows }
    const gaps = missing.count === 0 ? '' : `, batches without one: ${missing.count}`
    throw toolError(
      'CHECK_FAILED',
      `${wrong.length} of ${certificates.length} certificates do not hold${gaps}. Do not rely on their decisions; look at where the file came from.`,
    )
  },
})

function needsCertificates() {
  return commandError(
    'INVALID_VALUE',
    '--certificates must be a file of certificates, as --certificates=runs/NAME/certificates.bin.',
  )
}

function decidedNeedsManifest() {
  return commandError(
    'INVALID_VALUE',
    '--decided needs the manifest of a team of several processes: --keys=team/team.json.',
  )
}

/** Whether a file of keys is the manifest of an epoch, by the name that only a manifest has. It is read strictly after that. */
function isManifest(text: string): boolean {
  return /^\{\n {2}"formatVersion": \d+,\n {2}"epoch": /.test(text)
}

/** @throws {VigilError} CHECK_FAILED */
function reportChain(said: string, certificates: readonly BatchCertificate[], epochs: readonly Epoch[]) {
  const { rows, wrong, last } = verifyChain(certificates, (batch) => epochOf(epochs, batch).team)
  process.stdout.write(said)
  for (const epoch of epochs) {
    const begin = beginOf(epoch)
    const from = begin === 0 ? '' : `, signed by the one before, from batch ${begin} on`
    process.stdout.write(`${countingText(`Epoch ${epoch.team.epoch}${from}`, epoch.team)}\n`)
  }
  if (wrong !== null) process.stdout.write(`batch ${wrong.batch}: ${wrong.reason}\n`)
  process.stdout.write(`${certificates.length} certificates in a chain; ${rows} decisions hold; it stands at ${last}\n`)
  if (wrong === null) return { certificates: certificates.length, rows, last }
  throw toolError(
    'CHECK_FAILED',
    `The chain breaks at batch ${wrong.batch}. Do not rely on decisions from there on; look at where the file came from.`,
  )
}

/** What an enforcer did by a chain that holds. @throws {VigilError} CHECK_FAILED, and as auditDecisions */
async function reportDecided(folder: string, chain: readonly BatchCertificate[]): Promise<Omit<Audit, 'wrong'>> {
  const files = { events: join(folder, 'events.log'), decisions: join(folder, 'decisions.jsonl') }
  const { wrong, ...counts } = await auditDecisions(chain, files)
  const { certified, verdicts, late } = counts
  process.stdout.write(
    `${certified} lines are what was certified, ${late} the fallback; ${verdicts} verdicts were signed\n`,
  )
  if (wrong === null) return counts
  throw toolError('CHECK_FAILED', `${wrong} Do not rely on the files in ${folder}; look at who could write them.`)
}

/** What the team agreed on before it voted, as its file of public keys says. */
function termsText({ run, epoch, rows, batchRows, ...team }: TrustedTeam): string {
  return [countingText(`Run ${run}, epoch ${epoch}`, team), `${rows} rows in batches of ${batchRows}`].join('\n')
}

/** How the votes of a team count. */
function countingText(
  what: string,
  { agentCount, faults, decision }: Pick<ChainTeam, 'agentCount' | 'faults' | 'decision'>,
): string {
  const { rule, fallbackAction, threshold, weights } = decision
  const ways = [`rule ${rule}`, `fallback ${fallbackAction}`]
  if (rule === 'trimmed-median') ways.push(`threshold ${threshold}`)
  if (rule === 'weighted') ways.push(`weights ${weights === undefined ? 'equal' : weights.join(' ')}`)
  return `${what}: n = ${agentCount}, f = ${faults}, ${ways.join(', ')}`
}

/** As learner:evaluate names the two files: those of a split other than the test split end with its name. */
function keysBeside(path: string): string {
  const suffix = /^certificates(-\w+)\.bin$/.exec(basename(path))?.[1] ?? ''
  return join(dirname(path), `public-keys${suffix}.json`)
}

/** @param most bytes from the beginning, where the rest is not wanted */
async function read(path: string, most?: number): Promise<Buffer> {
  try {
    return most === undefined ? await readFile(path) : await readBeginning(path, most)
  } catch (cause) {
    throw toolError('INPUT_FILE', `${path} cannot be read: ${systemReason(cause)}. Give a file that exists.`)
  }
}

async function readBeginning(path: string, most: number): Promise<Buffer> {
  await using file = await open(path)
  const chunks: Buffer[] = []
  for await (const chunk of file.createReadStream({ end: most - 1, autoClose: false })) chunks.push(chunk)
  return Buffer.concat(chunks)
}
