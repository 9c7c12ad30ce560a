import { describe, expect, it } from 'vitest'
import { datasetConflict } from './datasets.ts'

describe('datasetConflict', () => {
  const events = { dataset: 'events', data: 'events.yaml', features: 'behaviour', rows: null } as const
  const campaign = { dataset: 'campaign', data: null, features: 'posterior', rows: 5_000_000 } as const

  it.each([events, campaign, { ...campaign, rows: null }])('has nothing against %j', (settings) => {
    expect(datasetConflict(settings)).toBeNull()
  })

  it.each([
    [
      { ...campaign, features: 'full' },
      /^dataset "campaign" has the inputs behaviour, posterior, .*"full"\..*=behaviour\.$/,
    ],
    [
      { ...campaign, rows: 5_000_001 },
      /^dataset "campaign" generates at most 5000000 events, .* 5000001\. Use --rows=5000000\.$/,
    ],
    [{ ...campaign, data: 'x.yaml' }, /reads no data, but data is "x\.yaml"\. Leave --dataset out, or --data\.$/],
    [{ ...events, rows: 1000 }, /but dataset "events" is read\. Leave --rows out\.$/],
    [{ ...events, data: null }, /^dataset "events" needs the folder or file to read\. Give --data=PATH\.$/],
    [
      { ...events, dataset: 'darpa-tc', data: null },
      /^dataset "darpa-tc" needs the folder or file to read\. Give --data=PATH\.$/,
    ],
  ] as const)('says what %j asks in vain', (settings, message) => {
    expect(datasetConflict(settings)).toMatch(message)
  })
})
