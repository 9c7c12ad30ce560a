/** `node packages/vote/src/decide.bench.ts`: milliseconds for 75,000 decisions of every rule. */
import { fillUniforms, randomStream } from '@vigil/random'
import { DECISION_RULES, type DecisionRule, decideBatch } from './decide.ts'
import { maxFaults } from './rules/quorum.ts'

const ROWS = 75_000
const source = randomStream(1, 'action')
for (const agentCount of [4, 7, 31]) {
  const actions = new Uint8Array(ROWS * agentCount)
  const scores = new Float32Array(ROWS * agentCount)
  const drawn = new Float64Array(4)
  for (let at = 0; at < actions.length; at++) {
    fillUniforms(source, [at, 0, 0], drawn)
    actions[at] = Math.floor(drawn[0] * 4)
    scores[at] = drawn[1]
  }
  for (const rule of Object.keys(DECISION_RULES) as DecisionRule[]) {
    const start = performance.now()
    decideBatch({ actions, scores, agentCount, rule, faults: maxFaults(agentCount) })
    console.log(`n = ${agentCount} ${rule}: ${(performance.now() - start).toFixed(0)} ms`)
  }
}
