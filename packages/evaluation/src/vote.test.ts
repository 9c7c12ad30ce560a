import {
  compileConstraints,
  compileEnvironment,
  type EnvironmentSpec,
  instantiateEnvironment,
  PLAIN_ENVIRONMENT,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import { decide } from '@vigil/vote'
import fc from 'fast-check'
import { expect, it } from 'vitest'

it('the vote inside the environment is the vote of packages/vote', async () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
  const environment = instantiateEnvironment(await compileEnvironment(), memory)
  const [planAt, actionsAt] = [65536, 66560]
  const votes = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 13 }).chain((actions) =>
    fc.record({
      actions: fc.constant(actions),
      faults: fc.integer({ min: 0, max: Math.floor((actions.length - 1) / 3) }),
      rule: fc.constantFrom('majority' as const, 'quorum' as const),
      fallbackAction: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    }),
  )
  fc.assert(
    fc.property(votes, ({ actions, faults, rule, fallbackAction }) => {
      const team = { agentCount: actions.length, attribution: 'consensus', rule, faults, fallbackAction } as const
      const spec: EnvironmentSpec = { ...PLAIN_ENVIRONMENT, ...team }
      const nowhere = { rows: 0, rowCount: 1, streamStarts: 0, streamCount: 1, labels: 0, constraints: 0 }
      writeEnvironmentPlan({ spec, constraints: compileConstraints(spec) }, nowhere, {
        buffer: memory.buffer,
        at: planAt,
      })
      new Uint8Array(memory.buffer, actionsAt, actions.length).set(actions)
      expect(environment.teamAction(planAt, actionsAt)).toBe(decide({ actions, rule, faults, fallbackAction }).action)
    }),
    { numRuns: 3000 },
  )
})
