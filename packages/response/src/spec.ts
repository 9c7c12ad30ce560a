/** What actions and events cost, in reward units. */
export type ResponseSpec = {
  readonly allowedBenign: number
  readonly damage: number
  readonly dwell: number
  readonly blockedBenign: number
  readonly cutOffBenign: number
  readonly containment: number
  readonly falseContainment: number
  readonly alertCost: number
  readonly analystDelay: number
  readonly analystAccuracy: number
  readonly block: 'fail-soft' | 'fail-stop' | 'retry'
}
