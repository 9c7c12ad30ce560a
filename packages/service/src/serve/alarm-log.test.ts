import { expect, it } from 'vitest'
import { createAlarmLog, type ToldAlarm } from './alarm-log.ts'

it('tells of a chart at once, and of a change that lasts once a minute with the number of alarms', () => {
  const told: ToldAlarm[] = []
  let now = 0
  const alarm = createAlarmLog(
    (one) => told.push(one),
    () => now,
  )
  for (now = 0; now <= 120_000; now += 1000) alarm('score', 'up')
  alarm('score', 'down')
  expect(told).toEqual([
    { chart: 'score', side: 'up', alarms: 1 },
    { chart: 'score', side: 'up', alarms: 60 },
    { chart: 'score', side: 'up', alarms: 60 },
    { chart: 'score', side: 'down', alarms: 1 },
  ])
})
