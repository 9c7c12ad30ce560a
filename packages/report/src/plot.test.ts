import { expect, it } from 'vitest'
import { fixedAxis } from './axis.ts'
import { drawPlot, type Series } from './plot.ts'

/** 100 x 100 pixels without margins: x to the right, y up, both in pixels. */
function draw(...series: Series[]): string {
  const axis = fixedAxis(0, 100, String, { step: 100 })
  return drawPlot({ width: 100, height: 100, x: axis, y: axis, series, margins: [0, 0, 0, 0] }).markup
}

it('a line is broken where it has no value, and dashed when it is asked to be', () => {
  const points: Series['points'] = [
    [0, 0],
    [10, 20],
    [20, null],
    [30, 40],
  ]
  expect(draw({ points, color: 'red', width: 2 })).toContain('d="M0 100L10 80M30 60" fill="none" stroke="red"')
  expect(draw({ points, color: 'red', width: 2 })).not.toContain('dasharray')
  expect(draw({ points, color: 'red', width: 2, dashed: true })).toContain('stroke-dasharray="4 3"')
  expect(draw({ points, color: 'red', width: 2, dots: 3 }).match(/<circle/g)).toHaveLength(3)
})

it('an area reaches down to the axis', () => {
  const points: Series['points'] = [
    [0, 50],
    [100, 50],
  ]
  expect(draw({ points, color: 'red', width: 0, filled: true })).toContain('d="M0 100L0 50L100 50V100Z" fill="red"')
})

it('of many points in one pixel the ends and the extremes stay', () => {
  const noise = Array.from({ length: 10_000 }, (_, i): [number, number] => [i / 100, (i * 37) % 101])
  const drawn = draw({ points: noise, color: 'red', width: 1 })
  expect(drawn.length).toBeLessThan(6000)
  const heights = /d="M([^"]*)" fill="none"/
    .exec(drawn)?.[1]
    .split('L')
    .map((point) => Number(point.split(' ')[1]))
  expect(Math.min(...(heights ?? []))).toBe(0)
  expect(Math.max(...(heights ?? []))).toBe(100)
})
