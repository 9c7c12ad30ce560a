import { expect, it } from 'vitest'
import { isNodeNewEnough } from './node-version.ts'

it.each([
  ['18.20.8', false],
  ['20.19.0', false],
  ['22.9.0', false],
  ['22.14.1', false],
  ['22.15.0', true],
  ['22.22.2', true],
  ['24.1.0', true],
  ['100.0.0', true],
])('Node %s is new enough: %s', (version, expected) => expect(isNodeNewEnough(version)).toBe(expected))
