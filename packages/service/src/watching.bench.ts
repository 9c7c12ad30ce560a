/**
 * `npx node packages/service/src/watching.bench.ts [rounds]`: what a decider's watching costs, in processor time of a decision, in rounds that
 * take turns in one process.
 *
 * The team has four agents of two layers of 64 with drawn weights, a history of described events, and two specifications.
 */
import type { Bundle } from '@vigil/runs'
import { createDecider } from './decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from './described-team.fixture.ts'
import { createDrift } from './serve/drift.ts'
import { createLiveFeed } from './serve/live-feed.ts'

const roundCount = Number(process.argv[2] ?? 21)
const BATCHES = 40
const BATCH_EVENTS = 256
const FORMULAS = ['G (response_time_ms <= 60)', 'G (alert_rate[200] <= 0.6)']
const PROTOCOLS = ['tcp', 'udp', 'icmp']

const folder = eventsFolder()
const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [], policyHidden: [64, 64] })
await team.close()
folder.remove()
const bundle: Bundle = {
  ...team.bundle,
  environment: { ...team.bundle.environment, specifications: FORMULAS },
  specifications: FORMULAS.map((formula, s) => ({ name: `rule ${s}`, formula, target: 0.9 })),
}
const drift = createDrift(bundle, { window: 10_000, baseline: 10_000, runLength: 1_000_000, onAlarm: () => undefined })
const feed = createLiveFeed(
  bundle.environment.agentCount,
  bundle.specifications.map(({ name }) => name),
  Date.now,
)
const { counts } = drift
const cases = [
  { name: 'decisions alone', decider: await createDecider(bundle), isTold: false },
  { name: '+ counts of inputs', decider: await createDecider(bundle, { counts }), isTold: false },
  { name: '+ charts and the page', decider: await createDecider(bundle, { counts }), isTold: true },
  { name: '+ two specifications', decider: await createDecider(bundle, { counts, rules: 'watch' }), isTold: true },
  { name: '+ a shield', decider: await createDecider(bundle, { counts, rules: 'shield' }), isTold: true },
].map((one) => ({ ...one, times: [] as number[] }))

let count = 0
const batch = () =>
  Array.from({ length: BATCH_EVENTS }, () => {
    count++
    return {
      ...{ ts: 1_700_000_000 + count / 1000, host: `h${(count * 7) % 20_000}`, proto: PROTOCOLS[count % 3] },
      ...{ bytes: (count * 7919) % 100_000, port: (count % 5) * 1111 },
    }
  })

for (let round = 0; round < roundCount; round++) {
  for (const { decider, isTold, times } of cases) {
    const batches = Array.from({ length: BATCHES }, batch)
    const before = process.cpuUsage()
    for (const events of batches) {
      for (const decision of decider.decide(events.map(decider.read))) {
        if (!isTold) continue
        drift.take(decision)
        feed.take(decision, { id: count, stream: null })
      }
    }
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / (BATCHES * BATCH_EVENTS))
  }
}
for (const { name, times } of cases) {
  const sorted = times.toSorted((a, b) => a - b)
  const [least, median] = [sorted[0], sorted[Math.floor(sorted.length / 2)]]
  console.log(`${name.padEnd(24)} ${median.toFixed(1)} us, least ${least.toFixed(1)} us`)
}
