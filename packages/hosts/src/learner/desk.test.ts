import { createTeam } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SMALL } from '../shared-run.fixture.ts'
import { ownBuild } from '../wire/build.ts'
import type { Build } from '../wire/messages.ts'
import { advance, begin, createDesk, type Desk, leaseFor, takePart } from './desk.ts'
import type { Guest } from './guests.ts'
import type { ExchangeSetup } from './thread-messages.ts'

/** Before anything is known of how long a shard takes. */
const PATIENCE_MS = 30_000

let build: Build
let setup: ExchangeSetup
let close: () => Promise<void>
beforeAll(async () => {
  build = await ownBuild()
  const request = {
    dataset: 'synthetic',
    path: null,
    features: 'behaviour',
    split: 'stratified',
    splitSeed: 42,
  } as const
  const { dataset } = await loadDataset({ ...request, seed: 1, rows: 2000 })
  const { pool } = await createTeam(SMALL, dataset)
  close = () => pool.close()
  const { dense, categorical } = pool
  setup = {
    ...{ run: 'run', broker: { address: 'nats://127.0.0.1:1' }, family: null, learnerCollects: false },
    settings: { ...pool.settings, dataset: { ...pool.settings.dataset, dense, categorical } },
    ...{ audit: { key: 1, share: 0 }, slots: 1 },
  }
})
afterAll(() => close())

/** A desk whose canary has been made, and hosts of one actor that have shown their bits. */
function deskOf(names: readonly string[]) {
  const desk = createDesk(setup, build, () => undefined)
  const parcel = { sha256: '0'.repeat(64), bytes: 1, parts: [] } as unknown as NonNullable<Desk['canary']>['policy']
  desk.canary = { policy: parcel, state: parcel, digest: '0'.repeat(64) }
  const hosts = names.map((name) => {
    desk.guests.hello(name, { build, families: [], actors: 1, run: null })
    const guest: Guest = Object.assign(desk.guests.get(name)!, { standing: 'taken' })
    return guest
  })
  const collect = (round: number, nowMs: number) => {
    const states = Array.from({ length: SMALL.shards }, () => new Uint8Array(1))
    begin(desk, { kind: 'collect', round, policyVersion: round, policy: new Uint8Array(1), states }, nowMs)
  }
  const shards = (guest: Guest, nowMs: number, count: number) =>
    Array.from({ length: count }, () => {
      advance(desk, nowMs)
      return leaseFor(desk, guest, nowMs)?.shard ?? null
    })
  return { desk, hosts, collect, shards }
}

describe('a host that holds shards and never answers', () => {
  it('gets as many as it has actors, and one', () => {
    const { hosts, collect, shards } = deskOf(['idle', 'busy'])
    collect(1, 0)
    expect(shards(hosts[0], 0, 4)).toEqual([0, 1, null, null])
    expect(shards(hosts[1], 0, 1)).toEqual([2])
  })

  it('gets none while others compute, in this collection and the next one', () => {
    const { hosts, collect, shards } = deskOf(['idle', 'busy'])
    const [idle, busy] = hosts
    collect(1, 0)
    shards(idle, 0, 2)
    const later = PATIENCE_MS + 1
    expect(shards(busy, later, 2)).toEqual([0, 1])
    expect(shards(idle, later, 1)).toEqual([null])
    collect(2, later)
    expect(shards(idle, later, 1)).toEqual([null])
    expect(shards(busy, later, 1)).toEqual([0])
    collect(3, later)
    expect(shards(idle, later, 1)).toEqual([0])
  })

  it('gets some where nobody else computes, so that no collection waits for ever', () => {
    const { hosts, collect, shards } = deskOf(['alone'])
    collect(1, 0)
    shards(hosts[0], 0, 2)
    expect(shards(hosts[0], PATIENCE_MS + 1, 3)).toEqual([0, 1, null])
    collect(2, PATIENCE_MS + 1)
    expect(shards(hosts[0], PATIENCE_MS + 2, 1)).toEqual([null])
    expect(shards(hosts[0], 2 * PATIENCE_MS + 2, 1)).toEqual([0])
  })
})

describe('a part of the canary', () => {
  const part = { round: 0, sha256: '1'.repeat(64), trajectoryBytes: 10, at: 0 }

  it('counts for nothing where it was not given, or is of another shard', () => {
    const { desk, hosts } = deskOf(['guest'])
    const [guest] = hosts
    guest.standing = 'new'
    const bytes = part.trajectoryBytes + desk.check.stateBytes
    const send = (shard: number) => takePart(desk, guest, { ...part, bytes, shard }, new Uint8Array(1)).kind
    expect(send(0)).toBe('late')
    leaseFor(desk, guest, 0)
    expect(send(1)).toBe('late')
    // Now it is looked at.
    expect(() => send(0)).toThrow(/A part must hold/)
    const large = { ...part, bytes, shard: 0, trajectoryBytes: 2 ** 31 - 1 }
    expect(() => takePart(desk, guest, large, new Uint8Array(1))).toThrow(/were announced/)
    expect([...guest.uploads.keys()]).toEqual(['0/0'])
  })
})
