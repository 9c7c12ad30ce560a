import type { Config } from '@vigil/config'
import { bandsInWords, rightShareNeeded } from '@vigil/env-wasm'
import { constantRewards, constantsInWords } from './constant-rewards.ts'
import type { Finding } from './finding.ts'
import { figure, percent, signed } from './words.ts'

/** Who must be right on more than this share of both classes has little to gain from anything but a constant action. Own choice; the default table at 10 % threats: 0.84. */
const RIGHT_SHARE_MAX = 0.95

/** Whether the reward table makes a constant action the optimum, or nearly so, at this threat rate. */
export function constantOptimum({ rewards }: Pick<Config, 'rewards'>, threatRate: number): Finding | null {
  const constants = constantRewards(threatRate, rewards)
  const { best, bestName, perfect } = constants
  const needed = rightShareNeeded(threatRate, rewards)
  const figures = `at ${percent(threatRate)} threats, per event: ${constantsInWords(constants)}, perfect decisions ${signed(perfect)}`
  if (needed === null) {
    return {
      code: 'REWARD_CONSTANT_OPTIMUM',
      severity: 'problem',
      title: 'The reward table makes a constant action the optimum',
      evidence: `${figures}; ${bandsInWords(rewards)}.`,
      cause: `No decision, however well informed, earns more than always ${bestName} (${signed(best)}).`,
      remedy:
        'Change the --rewards.* flags so that stopping a threat pays more than letting it through, and letting a benign event through more than stopping it; `npx nx run tools:reward-balance` computes them.',
    }
  }
  if (needed <= RIGHT_SHARE_MAX) return null
  return {
    code: 'REWARD_HARD_TO_BEAT',
    severity: 'note',
    title: `Only a team right on ${percent(needed)} of both classes earns more than a constant action`,
    evidence: `${figures}; right on ${figure(needed)} of both classes earns as much as always ${bestName}, above ${RIGHT_SHARE_MAX}.`,
    cause: 'One class is so rare, or pays so little, that nearly every error costs more than it can bring.',
    remedy:
      'Pay the rare class more (--rewards.true-positive, --rewards.false-negative); `npx nx run tools:reward-balance` computes what it takes.',
  }
}
