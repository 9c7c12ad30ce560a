import { expect, it } from 'vitest'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { attack } from './hostile.fixture.ts'
import { serveTeam } from './served-team.fixture.ts'

it('100,000 requests of every kind are answered as they must be, and the service stays what it was', async () => {
  const folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  const served = await serveTeam(team.bundle, { idsRemembered: 1_000_000 })
  try {
    const statuses = await attack(served.port, await createDecider(team.bundle), { requests: 100_000, seed: 2 })
    for (const status of [200, 400, 404, 409, 415]) expect(statuses.get(status)).toBeGreaterThan(300)
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([])
    expect((await fetch(`${served.url}/readyz`)).status).toBe(200)
    expect(await served.metric('vigil_errors_total{code="DEFECT"}')).toBe(undefined)
  } finally {
    await served.close()
    folder.remove()
  }
})
