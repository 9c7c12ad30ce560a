import type { ReadEvent } from '@vigil/features'
import { CloudEvent } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import type { LiveDecision } from '../decider.ts'
import { writtenDecision, writtenFallback } from '../written-decision.ts'
import { createDecisionOutput, type OutputSettings } from './decision-output.ts'
import { ocsfFaults } from './ocsf.oracle.ts'

const bundle = { configFingerprint: 'c0'.repeat(32), iteration: 12 }
const event: ReadEvent = {
  ...{ time: 1_764_300_000_123_456_789n, keys: {}, values: {}, stream: '2:h13:tcp', cellCount: 2 },
}
const empty: ReadEvent = { ...event, stream: '0:' }
const nobodys: ReadEvent = { ...event, time: 0n, stream: null }
const decision = (action: number, changes: Partial<LiveDecision> = {}): LiveDecision => ({
  ...{ action, decided: true, margin: 2, score: 0.9375, votes: Uint8Array.of(action, 0), why: null },
  ...{ scores: Float32Array.of(0.5, 0.25), robustness: null, shield: null, ...changes },
})

/** A writer with everything else as it is unless told. */
const writer = (settings: Partial<OutputSettings>) =>
  createDecisionOutput(
    { format: 'ocsf', envelope: 'none', quarantineOf: 'object', isShadow: false, ...settings },
    { bundle, now: () => 1_700_000_000_000, unique: (position) => `unnamed ${position}` },
  )
const name = { id: 7, isOwn: true }
const ocsf = (action: number, settings: Partial<OutputSettings> = {}, of = event) =>
  JSON.parse(writer(settings).decision(name, decision(action), of))

describe('decisions as OCSF', () => {
  it.each([
    ['allow', 0, 'object', 2004, 1, 1, false],
    ['block', 1, 'object', 2004, 2, 2, false],
    ['quarantine', 2, 'object', 7001, 2, 3, undefined],
    ['quarantine', 2, 'host', 7001, 2, 4, undefined],
    ['alert', 3, 'host', 2004, 3, 19, true],
  ] as const)('%s (%i) of %s is of class %i, action %i, disposition %i', (...row) => {
    const [, action, quarantineOf, classUid, actionId, dispositionId, isAlert] = row
    const written = ocsf(action, { quarantineOf })
    expect(ocsfFaults(written)).toEqual([])
    expect(written).toMatchObject({ class_uid: classUid, action_id: actionId, disposition_id: dispositionId })
    expect(written.is_alert).toBe(isAlert)
    expect(written.time).toBe(1_764_300_000_123)
    expect(written.metadata.uid).toBe('7')
  })

  it('has the whole of its own decision beside, the same numbers', () => {
    const own = JSON.parse(writtenDecision(7, decision(1)))
    const { id, action, ...rest } = own
    expect(ocsf(1).unmapped).toEqual(rest)
    expect([id, action]).toEqual([7, 'block'])
  })

  it('names whose event it is in each class: resource, device, or nowhere', () => {
    expect(ocsf(3).resources).toEqual([{ uid: 'h1 tcp' }])
    expect(ocsf(2, { quarantineOf: 'host' }).device).toMatchObject({ type_id: 0, name: 'h1 tcp' })
    for (const action of [0, 1, 2, 3]) {
      const written = ocsf(action, { quarantineOf: 'host' }, nobodys)
      expect(ocsfFaults(written)).toEqual([])
      expect([written.resources, written.device]).toEqual([undefined, undefined])
    }
    // Which host would be isolated nobody knows.
    expect(ocsf(2, { quarantineOf: 'host' }, nobodys).disposition).toBe('Quarantined')
  })

  it('would be found out by the oracle: each attribute that is missing, new, of another type or number', () => {
    const required = ['action_id', 'disposition_id', 'disposition', 'metadata', 'severity', 'time', 'class_name']
    for (const written of [ocsf(3), ocsf(2), ocsf(2, { quarantineOf: 'host' })]) {
      for (const name of required) {
        const { [name]: _, ...rest } = written
        expect(ocsfFaults(rest), `without ${name}`).not.toEqual([])
      }
      let count = 0
      for (const change of changesOf(written)) {
        count++
        expect(ocsfFaults(change.event), change.what).not.toEqual([])
      }
      expect(count).toBeGreaterThan(40)
      expect(ocsfFaults({ ...written, status_id: 77, status: 'Nonsense' })).not.toEqual([])
    }
  })

  it('writes a shadow as an experimental analytic, which contains nothing', () => {
    for (const action of [0, 1, 2, 3]) {
      const written = ocsf(action, { isShadow: true })
      expect(ocsfFaults(written)).toEqual([])
      expect(written).toMatchObject({ class_uid: 2004, finding_info: { analytic: { state_id: 3 } } })
    }
    expect(ocsf(2).class_uid).toBe(7001)
  })

  it('tells reasons, shields and late answers', () => {
    const shield = { from: 2, to: 1, specification: 'response' }
    const why = { dissent: [1], inputs: [{ name: 'bytes', change: 0.5, turns: true }] }
    const written = JSON.parse(writer({}).decision(name, decision(1, { shield, why }), event))
    expect(written.unmapped).toMatchObject({
      why,
      shield: { from: 'quarantine', to: 'block', specification: 'response' },
    })
    const late = JSON.parse(writer({}).fallback(name, 3, event))
    expect(ocsfFaults(late)).toEqual([])
    expect(late).toMatchObject({ disposition_id: 19, unmapped: { late: true, decided: false } })
  })

  it('has the time of the writing for an event without one', () => {
    expect(ocsf(0, {}, nobodys).time).toBe(1_700_000_000_000)
  })
})

type Json = { readonly [name: string]: unknown }

/** The event with one thing changed that the schema forbids: each value of another type, each number another, each object with one more attribute. */
function* changesOf(event: Json): Generator<{ readonly what: string; readonly event: Json }> {
  for (const [name, value] of Object.entries(event)) {
    // Any time, score and number of an event are valid, and what is unmapped is open.
    if (name === 'unmapped') continue
    const put = (other: unknown, what: string) => ({ what: `${name} ${what}`, event: { ...event, [name]: other } })
    yield put([[]], 'of another type')
    if (typeof value === 'number' && !['time', 'risk_score'].includes(name))
      yield put(value + 1000, 'of another number')
    if (typeof value === 'object') yield put({ ...(value as Json), nonsense: 1 }, 'with nonsense')
    const isArray = Array.isArray(value)
    if (typeof value !== 'object' || (isArray && typeof value[0] !== 'object')) continue
    const inner = (isArray ? value[0] : value) as Json
    for (const change of changesOf(inner)) yield put(isArray ? [change.event] : change.event, `> ${change.what}`)
  }
  yield { what: 'with nonsense', event: { ...event, nonsense: 1 } }
}

describe('decisions within CloudEvents', () => {
  const settings = { envelope: 'cloudevents' } as const

  it.each(['vigil', 'ocsf'] as const)('are valid by the library of the specification (%s)', (format) => {
    for (const one of [event, nobodys, empty]) {
      const written = JSON.parse(writer({ ...settings, format }).decision(name, decision(1), one))
      const read = new CloudEvent(written)
      expect(read.validate()).toBe(true)
      expect(read.toJSON()).toEqual(written)
    }
  })

  it('hold the decision without an envelope, byte by byte', () => {
    for (const format of ['vigil', 'ocsf'] as const) {
      const [bare, whole] = [writer({ format }), writer({ ...settings, format })]
      expect(whole.decision(name, decision(2), event)).toContain(`,"data":${bare.decision(name, decision(2), event)}}`)
      expect(whole.fallback(name, 0, event)).toContain(`,"data":${bare.fallback(name, 0, event)}}`)
    }
    expect(writer({ format: 'vigil' }).fallback(name, 0, event)).toBe(writtenFallback(7, 0))
  })

  it('are named by team and event, and differ where the event has no name of its own', () => {
    const own = writer({ ...settings, format: 'vigil' })
    const written = JSON.parse(own.decision(name, decision(0), event))
    expect(written).toMatchObject({ id: '7', source: `/vigil/teams/${bundle.configFingerprint}`, subject: 'h1 tcp' })
    expect(JSON.parse(own.decision({ id: 1, isOwn: false }, decision(0), event)).id).toBe('unnamed 1')
    const shadow = JSON.parse(writer({ ...settings, isShadow: true }).decision(name, decision(0), event))
    expect(shadow.source).not.toBe(written.source)
    expect([own.mediaType, writer({}).mediaType]).toEqual(['application/cloudevents+json', 'application/json'])
  })
})
