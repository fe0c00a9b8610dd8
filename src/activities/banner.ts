import { ApplicationFailure } from '@temporalio/common'
import sharp from 'sharp'
import type { BlobStore } from '../domain/blob-store.ts'
import { bannerRequest } from '../domain/banner-request.ts'
import { BANNER_HEIGHT, BANNER_WIDTH, type Brief } from '../domain/brief.ts'
import type { BlobRef, CallScope, DoubtPolicy } from '../domain/call.ts'
import type { ModelRequest } from '../domain/model-request.ts'
import type { OverBudgetPolicy } from '../domain/refusal.ts'
import { bannerInputSchema, type BannerInput } from '../schema/banner-input.ts'
import { parsed } from '../schema/parsed.ts'
import { typed } from './failure.ts'

export interface BannerDependencies {
  readonly blobs: BlobStore
  /** Used when the job names no model. */
  readonly defaultModel: string
}

/** The job's input, checked and filled in. */
export interface BannerPlan extends DoubtPolicy, OverBudgetPolicy {
  readonly brief: Brief
  readonly scope: CallScope
  readonly requests: readonly ModelRequest[]
  readonly ledgerMode: 'local' | 'activity'
  readonly searchAttributes: boolean
}

export interface CroppedBanner extends BlobRef {
  readonly width: number
  readonly height: number
}

export type BannerActivities = ReturnType<typeof createBannerActivities>

export function createBannerActivities(deps: BannerDependencies) {
  return {
    /** Checks the input (a job may be started raw, from Temporal UI) and makes the request of each variant. */
    async planBanner(input: BannerInput): Promise<BannerPlan> {
      return typed(async () => {
        const { brief, variants, model, ledgerMode, searchAttributes, onInDoubt, onLost, onRefused, waitAtMostMs, downgradeTo, ...scope } =
          parsed(bannerInputSchema, input, 'banner job')
        const policy = { onInDoubt, onLost, onRefused, waitAtMostMs, downgradeTo }
        const requests = Array.from({ length: variants }, (_, i) => bannerRequest(brief, model ?? deps.defaultModel, i + 1, variants))
        return { brief, scope: { ...scope, feature: scope.feature ?? 'banner' }, requests, ledgerMode, searchAttributes, ...policy }
      })
    },

    /** Crops and scales the model's picture to LinkedIn's 1584×396: the middle of its height, and all of its width. Repeatable. */
    async cropBanner(picture: BlobRef): Promise<CroppedBanner> {
      return typed(async () => {
        const bytes = await deps.blobs.get(picture.ref)
        const png = await sharp(bytes)
          .resize({ width: BANNER_WIDTH, height: BANNER_HEIGHT, fit: 'cover', position: 'centre', kernel: 'lanczos3' })
          .png({ compressionLevel: 6 })
          .toBuffer()
          .catch((error: Error) => {
            // The same bytes will not become a picture by trying again.
            throw ApplicationFailure.nonRetryable(`the picture ${picture.ref} cannot be read: ${error.message}`, 'picture_unreadable')
          })
        return { ...(await deps.blobs.put(png, 'image/png')), width: BANNER_WIDTH, height: BANNER_HEIGHT }
      })
    },
  }
}
