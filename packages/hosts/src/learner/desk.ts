/** What a learner knows of its hosts and of the collection under way, and what changes it; no broker, so that tests can play one. */
import { createShardCheck } from '@vigil/actors'
import { formatCounted } from '@vigil/command-line'
import { encodeDataset } from '../wire/dataset.ts'
import { encodeJob } from '../wire/job.ts'
import type { Build, ResultPart } from '../wire/messages.ts'
import { gather, type Parcel, parcelOf, sha256Of } from '../wire/parts.ts'
import type { CheckedRollout } from './audit.ts'
import { createGuests, type Guest, type Guests } from './guests.ts'
import { LEARNER } from './leases.ts'
import { createPatience, type Patience } from './patience.ts'
import { beginRound, type Round } from './round.ts'
import type { ExchangeSetup, Report, Request } from './thread-messages.ts'

/** A shard that the learner computed itself, which every host must compute before it may collect. */
type Canary = { readonly policy: Parcel; readonly state: Parcel; readonly digest: string }

/** The state of an exchange. */
export type Desk = Pick<ExchangeSetup, 'run' | 'audit' | 'learnerCollects' | 'slots'> & {
  readonly check: ReturnType<typeof createShardCheck>
  readonly guests: Guests
  readonly patience: Patience
  readonly job: Parcel
  readonly dataset: Parcel
  readonly post: (report: Report, transfer?: ArrayBuffer[]) => void
  readonly note: (text: string) => void
  round: Round | null
  /** Of the last collection: a host may still be reading it. */
  previousPolicy: Parcel | null
  canary: Canary | null
  /** Shards that the learner's own actors could begin now. */
  free: number
  /** When the collection began, in milliseconds; null = it was said that nobody computes it. */
  lonelySinceMs: number | null
}

/** After so long without a host people are told. */
const LONELY_MS = 5000

/** @throws {VigilError} SPECIFICATION, SITES */
export function createDesk(setup: ExchangeSetup, build: Build, post: Desk['post']): Desk {
  const { run, audit, learnerCollects, slots, settings, family } = setup
  const note = (text: string) => post({ kind: 'note', text })
  return {
    ...{ run, audit, learnerCollects, slots, post, note },
    check: createShardCheck(settings),
    guests: createGuests({ build, family }, note),
    patience: createPatience(),
    job: parcelOf([encodeJob(settings, family)]),
    dataset: parcelOf(encodeDataset(settings.dataset)),
    round: null,
    previousPolicy: null,
    canary: null,
    free: slots,
    lonelySinceMs: null,
  }
}

/** Whatever a host may ask for. */
export function parcelNamed(desk: Desk, sha256: string): Parcel | null {
  const { job, dataset, canary, previousPolicy, round } = desk
  const known = [job, dataset, canary?.policy, canary?.state, previousPolicy, round?.policy, ...(round?.states ?? [])]
  return known.find((parcel) => parcel?.sha256 === sha256) ?? null
}

/** Begins a collection. */
export function begin(
  desk: Desk,
  { round: number, policyVersion, policy, states }: Request & { kind: 'collect' },
  nowMs = performance.now(),
): void {
  const { audit, patience, learnerCollects, canary, guests } = desk
  guests.forgetUploads()
  desk.round = beginRound({
    ...{ number, policyVersion, policy, states, audit, beganMs: nowMs },
    makesCanary: canary === null,
    rules: { patienceMs: patience.patienceMs, learnerCollects },
  })
  desk.lonelySinceMs = nowMs
}

/** Takes what the learner's own actors computed. The first shard of the first collection becomes the canary. */
export function takeOwn(desk: Desk, { round: number, shard, trajectory, state }: Request & { kind: 'computed' }): void {
  // Of a collection that was abandoned some may still come.
  desk.free = Math.min(desk.slots, desk.free + 1)
  const { round, check } = desk
  if (number !== round?.number) return
  const digest = sha256Of([trajectory, state])
  judge(desk, LEARNER, shard, { trajectory, state, decoded: check.decode(trajectory), digest })
  if (shard === 0) desk.canary ??= { policy: round.policy, state: round.states[0], digest }
}

/** A shard for a host, and the canary for one that has not shown its bits; null = none now. */
export function leaseFor(desk: Desk, guest: Guest, nowMs: number) {
  const { canary, round, patience } = desk
  if (guest.standing === 'new') {
    const isProving = guest.provesSinceMs !== null && nowMs - guest.provesSinceMs < patience.patienceMs()
    if (canary === null || isProving) return null
    guest.provesSinceMs = nowMs
    return { round: 0, shard: 0, policy: canary.policy, state: canary.state }
  }
  if (round === null || guest.standing !== 'taken') return null
  const mustRest = guest.overdueIn !== null && guest.overdueIn >= round.number - 1 && isServed(desk, guest, nowMs)
  // One more than it has actors, so that none waits for its next shard.
  const shard = mustRest ? null : round.leases.next(guest.name, nowMs, guest.actors + 1)
  if (shard === null) return null
  return { round: round.number, shard, policy: round.policy, state: round.states[shard] }
}

/** Says once in a collection that nobody computes it. */
function tellLoneliness(desk: Desk, nowMs: number): void {
  const { round, lonelySinceMs, guests, learnerCollects, note } = desk
  const isLonely = round !== null && !learnerCollects && guests.counts().hosts === 0
  if (!isLonely || lonelySinceMs === null || nowMs - lonelySinceMs < LONELY_MS) return
  desk.lonelySinceMs = null
  note('no host collects yet; with --hosts-only the training waits for one')
}

/** Whether a collection goes on without a host: at its beginning somebody else may come, later somebody else must be at it. */
function isServed({ round, patience }: Desk, { name }: Guest, nowMs: number): boolean {
  return nowMs - round!.beganMs < patience.patienceMs() || round!.leases.isUnderWay(name, nowMs)
}

/** Notes who has held a shard for too long. */
function markOverdue({ round, guests }: Desk, nowMs: number): void {
  for (const name of round?.leases.overdue(nowMs) ?? []) {
    const guest = guests.get(name)
    if (guest !== undefined) guest.overdueIn = round!.number
  }
}

/** Gives the learner's own actors what there is, and hands the collection over when all of it has come. */
export function advance(desk: Desk, nowMs = performance.now()): void {
  markOverdue(desk, nowMs)
  while (desk.round !== null && desk.free > 0) {
    const shard = desk.round.leases.next(LEARNER, nowMs)
    if (shard === null) break
    desk.free--
    desk.post({ kind: 'compute', round: desk.round.number, shard })
  }
  tellLoneliness(desk, nowMs)
  const { round } = desk
  const outcome = round?.outcome() ?? null
  if (round === null || outcome === null) return
  desk.previousPolicy = round.policy
  desk.round = null
  const rollouts = outcome.map(({ decoded, state }) => ({ trajectory: decoded, state }))
  desk.post({ kind: 'collected', round: round.number, rollouts }, rollouts.flatMap(buffersOf))
}

/** What a part of a result comes to. */
export type Receipt =
  | { readonly kind: 'more' | 'taken' | 'late' }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Takes a part of a host's rollout; with the last one the rollout is checked and counts.
 *
 * @throws {VigilError} MESSAGE, and as the checks of a rollout; RangeError for another size, shard or policy than was asked for
 */
export function takePart(desk: Desk, guest: Guest, part: ResultPart, body: Uint8Array): Receipt {
  const { round: number, shard, bytes, sha256, trajectoryBytes, at } = part
  const { round, check } = desk
  const isCanary = number === 0
  if (guest.standing === 'refused' || guest.standing === 'banned') return { kind: 'refused', reason: guest.reason }
  const isHeld = number === round?.number && round.leases.heldSince(guest.name, shard) !== null
  const isProving = guest.standing === 'new' && guest.provesSinceMs !== null && shard === 0
  if (isCanary ? !isProving : !isHeld) return { kind: 'late' }
  if (trajectoryBytes > check.trajectoryBytesMax || bytes - trajectoryBytes !== check.stateBytes) {
    throw new RangeError(
      `a rollout has at most ${check.trajectoryBytesMax} bytes and a state ${check.stateBytes}, but ${trajectoryBytes} and ${bytes - trajectoryBytes} were announced`,
    )
  }
  const key = `${number}/${shard}`
  const known = guest.uploads.get(key)
  const isKnown = known?.sha256 === sha256
  // What went before was forgotten meanwhile.
  if (!isKnown && at > 0) return { kind: 'late' }
  const upload = isKnown ? known : { sha256, gathering: gather({ sha256, bytes }) }
  guest.uploads.set(key, upload)
  // A part that came twice.
  if (at < upload.gathering.length) return { kind: 'more' }
  const whole = upload.gathering.add(at, body)
  if (whole === null) return { kind: 'more' }
  guest.uploads.delete(key)
  const rollout = rolloutOf(desk, whole, part)
  if (isCanary) return admit(desk, guest, rollout.digest)
  const verdict = judge(desk, guest.name, shard, rollout)
  return isOut(guest) ? { kind: 'refused', reason: guest.reason } : { kind: verdict === 'taken' ? 'taken' : 'late' }
}

/** Its answers count no longer, and it gets no more work. */
export function ban(desk: Desk, guest: Guest, reason: string): void {
  Object.assign(guest, { standing: 'banned', reason })
  guest.uploads.clear()
  const revoked = desk.round?.revoke(guest.name) ?? 0
  desk.note(
    `host ${guest.name} is banned: ${reason}. Of this collection ${formatCounted(revoked, 'answer')} of its is computed again; what it answered before and was not audited may be wrong too`,
  )
}

/** Whether a host gets no work any more. */
export function isOut({ standing }: Guest): boolean {
  return standing === 'refused' || standing === 'banned'
}

type Rollout = CheckedRollout & { readonly digest: string }

function rolloutOf({ check, round }: Desk, bytes: Uint8Array, part: ResultPart): Rollout {
  const { shard, trajectoryBytes, sha256 } = part
  const [trajectory, state] = [bytes.slice(0, trajectoryBytes), bytes.slice(trajectoryBytes)]
  const decoded = check.decode(trajectory)
  check.assertState(state)
  const isAsked = decoded.shard === shard && (part.round === 0 || decoded.policyVersion === round?.policyVersion)
  if (!isAsked) throw new RangeError(`nobody asked for shard ${decoded.shard} by policy ${decoded.policyVersion}`)
  return { trajectory, state, decoded, digest: sha256 }
}

function judge(desk: Desk, worker: string, shard: number, rollout: Rollout) {
  const { guests, patience } = desk
  const round = desk.round!
  const since = round.leases.heldSince(worker, shard)
  if (since !== null && worker !== LEARNER) patience.took(performance.now() - since)
  const { verdict, liars } = round.answer(worker, shard, rollout)
  for (const liar of liars) ban(desk, guests.get(liar)!, round.evidence(liar, shard))
  return verdict
}

function admit(desk: Desk, guest: Guest, digest: string): Receipt {
  if (digest !== desk.canary?.digest) {
    const reason = `the canary shard came out with other bits there: SHA-256 ${digest}, but ${desk.canary?.digest} here`
    Object.assign(guest, { standing: 'refused', reason })
    desk.guests.tell(guest, `refused: ${reason}`)
    return { kind: 'refused', reason }
  }
  guest.standing = 'taken'
  const { hosts, actors } = desk.guests.counts()
  const all = `${formatCounted(hosts, 'host')} with ${formatCounted(actors, 'actor')} in all`
  desk.note(`host ${guest.name} collects with ${formatCounted(guest.actors, 'actor')}; ${all}`)
  return { kind: 'taken' }
}

/** The memory of a rollout, which goes over to the training's thread. */
function buffersOf({ trajectory, state }: { trajectory: object; state: Uint8Array }): ArrayBuffer[] {
  const arrays = Object.values(trajectory).filter((value) => ArrayBuffer.isView(value))
  return [...arrays.map(({ buffer }) => buffer as ArrayBuffer), state.buffer as ArrayBuffer]
}
