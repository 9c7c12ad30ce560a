export type { DecisionWindow } from './decision-window.ts'
export { type DirectGradientInput, type DirectSpecification, directGradient } from './direct-gradient.ts'
export { compileSmooth, type SmoothSettings, smoothRobustness } from './smooth-robustness.ts'
export { teamProbability } from './team-probability.ts'
