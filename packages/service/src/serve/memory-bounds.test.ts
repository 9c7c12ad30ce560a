import { afterAll, beforeAll, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { serveTeam } from './served-team.fixture.ts'

const EVENTS = 12_000
/** As many as one pass through the network has: no fewer streams are remembered. */
const STREAMS_LEAST = 256
/** No token is forgotten before there are so many (packages/features/src/history/token-table.ts). */
const TOKENS_FEW = 4096

let folder: ReturnType<typeof eventsFolder>
beforeAll(() => {
  folder = eventsFolder()
})
afterAll(() => folder.remove())

it('remembers no more streams, answers and tokens than it is told, whatever comes', async () => {
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  const { pipeline } = team.bundle
  const history = pipeline.history && { ...pipeline.history, keys: [{ ...pipeline.history.keys[0], limit: 50 }] }
  const bundle = { ...team.bundle, pipeline: { ...pipeline, history } }
  const { post, service, close } = await serveTeam(bundle, { idsRemembered: 100, streamBytes: 1 })
  try {
    let lines = ''
    for (let i = 0; i < EVENTS; i++) lines += `{"id":"e${i}","host":"h${i}","proto":"p${i}","bytes":${i}}\n`
    const answer = await post('/v1/decide', lines, { 'content-type': 'application/x-ndjson' })
    const decided = (await answer.text()).trimEnd().split('\n')
    expect(decided.filter((line) => line.includes('"action"'))).toHaveLength(EVENTS)
    const { past, answers } = service.save()
    const latest = (count: number) => Array.from({ length: count }, (_, i) => EVENTS - count + i)
    expect(answers.map(({ id }) => id)).toEqual(latest(100).map((i) => `e${i}`))
    expect(past.streams.keys).toEqual(latest(STREAMS_LEAST).map((i) => `${`h${i}`.length}:h${i}`))
    expect(past.history?.kinds[0].keys).toHaveLength(50)
    expect(past.history?.tokens.length).toBeLessThanOrEqual(TOKENS_FEW + 1)
  } finally {
    await close()
  }
})
