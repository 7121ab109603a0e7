/**
 * Prints `N passed, N failed` for vitest's JSON reports. Anything that kept tests from running counts as one
 * failure: a file that does not load, a missing report, a step named in `FAILED_STEPS`.
 */
import { existsSync, readFileSync } from 'node:fs'

type Report = {
  numPassedTests: number
  numFailedTests: number
  testResults: { status: string; assertionResults: unknown[] }[]
}

const paths = process.argv.slice(2)
const written = paths.filter((path) => existsSync(path))
const reports = written.map((path) => JSON.parse(readFileSync(path, 'utf8')) as Report)
const passed = sum(reports.map((report) => report.numPassedTests))
const notRun = paths.length - written.length + Number(process.env['FAILED_STEPS'] ?? 0)
const failed = notRun + sum(reports.map((report) => report.numFailedTests + brokenFiles(report)))
console.log(`${passed} passed, ${failed} failed`)
if (failed > 0 || passed === 0) process.exitCode = 1

function brokenFiles({ testResults }: Report): number {
  return testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
