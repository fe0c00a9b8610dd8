/** Whoever starts this run has a server, and a template with a fault in it. */
import type { TestProject } from 'vitest/node'

export default function setup(project: TestProject): void {
  const { PURSER_TEST_POSTGRES: server, PURSER_TEST_TEMPLATE: template, PURSER_TEST_FOLDER: folder } = process.env
  if (server === undefined || template === undefined || folder === undefined)
    throw new Error('this configuration is for test/prove/planted-faults.test.ts, which names a server and a template')
  project.provide('postgresUrl', server)
  project.provide('template', template)
  project.provide('testFolder', folder)
}
