import type { ReadEvent } from '@vigil/features'
import { describe, expect, it } from 'vitest'
import { bundleAmong, createCertifiedOutput } from './certified-output.ts'

const BATCHES = [
  ['["a",{"id":"a","host":"h1"}]', '[2,{"host":"h2"}]'],
  ['[3,{"host":"h3"}]', '["d",{"id":"d","host":"h1"}]', '[5,{}]'],
]
const events = {
  batchesBefore: (row: number) => (row < 2 ? 0 : 1),
  read: async (batch: number) => ({ firstRow: 2 * batch, line: 0, taken: [], events: BATCHES[batch] }),
}
const inputs = {
  read: ({ host }: { readonly host?: unknown }) =>
    ({ time: 1_700_000_000_000_000_000n, stream: host === undefined ? null : JSON.stringify([host]) }) as ReadEvent,
}
const line = (id: string | number, action: string, votes: readonly (string | null)[]) => {
  const scores = votes.map((vote) => (vote === null ? null : 0.5))
  return JSON.stringify({ id, action, score: 0.75, decided: true, margin: 3, votes, scores })
}
const LINES = [
  line('a', 'allow', ['allow', 'allow', 'allow', 'block']),
  line(2, 'quarantine', ['quarantine', null, 'block', 'block']),
  line(3, 'alert', ['alert', 'alert', 'alert', 'alert']),
  line('d', 'block', ['block', 'block', 'block', 'block']),
  '{"id":5,"action":"alert","decided":false,"late":true}',
]

function outputOf(format: 'vigil' | 'ocsf', envelope: 'none' | 'cloudevents') {
  const settings = { format, envelope, quarantineOf: 'object', isShadow: false } as const
  const bundleAt = (batch: number) => ({ configFingerprint: `team ${batch}`, iteration: 7 })
  return createCertifiedOutput(settings, { events, inputs, bundleAt, team: 'f0', now: () => 0 })
}

describe('certified decisions', () => {
  it('are written as those of the epoch that has decided, and not at all where its run is not given', () => {
    const bundles = new Map([['b0', 'old']])
    expect(bundleAmong(bundles, { manifest: { bundle: 'b0', epoch: 0 } })).toBe('old')
    const missing = { code: 'TEAM_INVALID', message: expect.stringMatching(/epoch 1 .* b1\. .*--run=/) }
    expect(() => bundleAmong(bundles, { manifest: { bundle: 'b1', epoch: 1 } })).toThrow(
      expect.objectContaining(missing),
    )
  })

  it('are the lines of the file, and within an envelope the same lines', async () => {
    expect(await outputOf('vigil', 'none')(LINES, 0)).toEqual(LINES)
    const enveloped = (await outputOf('vigil', 'cloudevents')(LINES, 0)).map((text) => JSON.parse(text))
    expect(enveloped.map(({ data }) => data)).toEqual(LINES.map((text) => JSON.parse(text)))
    expect(enveloped.map(({ id }) => id)).toEqual(['a', 'teams/f0/line-2', 'teams/f0/line-3', 'd', 'teams/f0/line-5'])
    expect(enveloped.map(({ source }) => source)).toEqual([0, 0, 1, 1, 1].map((batch) => `/vigil/teams/team ${batch}`))
  })

  it('are events of OCSF with the votes that were counted', async () => {
    const written = (await outputOf('ocsf', 'none')(LINES, 0)).map((text) => JSON.parse(text))
    expect(written.map(({ class_uid }) => class_uid)).toEqual([2004, 7001, 2004, 2004, 2004])
    expect(written[1].unmapped).toMatchObject({
      votes: ['quarantine', null, 'block', 'block'],
      scores: [0.5, null, 0.5, 0.5],
    })
    expect(written[0]).toMatchObject({ risk_score: 75, time: 1_700_000_000_000, metadata: { uid: 'a' } })
    expect(written[4].unmapped).toEqual({ late: true, decided: false })
  })

  it.each([0, 1, 2, 3, 4])('are the same from row %i on, wherever a piece of them begins and ends', async (first) => {
    const write = outputOf('ocsf', 'cloudevents')
    const whole = await write(LINES, 0)
    for (let end = first + 1; end <= LINES.length; end++) {
      expect(await write(LINES.slice(first, end), first)).toEqual(whole.slice(first, end))
    }
  })
})
