/**
 * Teams of processes at half of what they can do, as far as there are events, with a fault every 20 seconds: nothing lost, nothing twice,
 * every action certified. How fast they are is printed and not judged. VIGIL_SOAK_SECONDS makes each shorter or longer.
 */
import { afterEach, expect, it } from 'vitest'
import { fedTeam } from './fed-team.fixture.ts'

const FAULT_EVERY_MS = 20_000
const FEED_EVERY_MS = 50
const MEASURED_EVENTS = 8000
const ROUNDS = 6000
/** Of the 400 events of each round, but for those that are fed before; and how long the last fault goes on at most. */
const FED_MAX = 400 * ROUNDS - 20_000
const LAST_FAULT_S = 60

const secondsOr = (usual: number) => Number(process.env.VIGIL_SOAK_SECONDS ?? usual)

let team: Awaited<ReturnType<typeof fedTeam>>
afterEach(async () => await team.end())

const pause = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms))

it.each([
  [4, 1, secondsOr(600)],
  [7, 2, secondsOr(180)],
])('%i agents, of which %i are away at a time, for %i seconds', async (agentCount, faults, seconds) => {
  team = await fedTeam({ agentCount, faults, batch: 1024, viewMs: 500, rounds: ROUNDS })
  await team.decide(1000)
  const begin = performance.now()
  await team.decide(MEASURED_EVENTS)
  const half = MEASURED_EVENTS / ((performance.now() - begin) / 1000) / 2
  const perSecond = Math.min(half, FED_MAX / (seconds + LAST_FAULT_S))

  const end = performance.now() + 1000 * seconds
  let last = performance.now()
  const feeding = setInterval(() => {
    const now = performance.now()
    team.feed(Math.floor(((now - last) / 1000) * perSecond))
    last = now
  }, FEED_EVERY_MS)
  try {
    for (let fault = 0; performance.now() < end; fault++) {
      const away = Array.from({ length: faults }, (_, i) => (fault + i) % agentCount)
      if (fault % 3 === 0) {
        for (const agent of away) await team.kill(agent)
        for (const agent of away) team.begin(agent)
      } else if (fault % 3 === 1) {
        for (const agent of away) team.agents[agent].process.kill('SIGSTOP')
        await pause(FAULT_EVERY_MS / 2)
        for (const agent of away) team.agents[agent].process.kill('SIGCONT')
      } else await team.restartEnforcer()
      await pause(FAULT_EVERY_MS)
    }
  } finally {
    clearInterval(feeding)
  }
  const found = await team.check()
  expect(found).toMatchObject({ code: 0, rows: true, twice: 0, violations: [], late: 0 })
  const { certificates, answers } = found
  console.log(
    `${agentCount} agents, ${seconds} s: ${answers} decisions, ${certificates} certificates; fed ${Math.round(perSecond)} events/s`,
  )
})
