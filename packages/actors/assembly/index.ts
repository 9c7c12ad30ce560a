export { evaluate } from './evaluation'
export { rollout } from './rollout'
