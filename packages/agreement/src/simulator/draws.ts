/** Random choices of a simulation, in the order in which they are made; every purpose has a lane of its own. */
import { randomStream, randomUnit } from '@vigil/random'

/** Purposes, so that leaving one part of a scenario out does not change what the others draw. */
const LANES = { scenario: 0, network: 1, byzantine: 2, votes: 3, minds: 4, skills: 5 } as const

/** Numbers of one purpose and one owner, for example the choices of agent 3 under seed 7. */
export class Draws {
  readonly #source: { readonly seed: number; readonly stream: number }
  readonly #lane: number
  #index = 0

  constructor(seed: number, purpose: keyof typeof LANES, owner = 0) {
    this.#source = randomStream(seed, 'agreementScenario')
    this.#lane = LANES[purpose] + 8 * owner
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return randomUnit(this.#source, this.#index++, this.#lane)
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.unit()
  }

  /** A whole number from 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** One of them; there must be one. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]
  }

  /** Some of them, in their order. */
  subset<Item>(items: readonly Item[], probability: number): Item[] {
    return items.filter(() => this.chance(probability))
  }
}
