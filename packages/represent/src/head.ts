/**
 * @module What stands behind the encoder in training only: projection heads and BYOL's predictor (section 2.2).
 */
import { relu } from '@sextant/engine';
import { BatchNorm1d, Linear, Sequential } from '@sextant/nn';

export interface HeadConfig {
  /** Linear layers. */
  readonly layers: number;
  /** Width of all but the last. */
  readonly size: number;
  /** Numbers of an embedding. */
  readonly emb: number;
  /** Whether batch normalisation follows every linear layer but the last. */
  readonly batchNorm: boolean;
}

/** Linear layers with batch normalisation and a rectifier between them: [N, inFeatures] → [N, emb]. */
export function projectionHead(inFeatures: number, { layers, size, emb, batchNorm }: HeadConfig): Sequential {
  const hidden = Array.from({ length: layers - 1 }, (_, i) => {
    const linear = new Linear(i === 0 ? inFeatures : size, size);
    return batchNorm ? [linear, new BatchNorm1d(size), relu] : [linear, relu];
  });
  return new Sequential(...hidden.flat(), new Linear(layers === 1 ? inFeatures : size, emb));
}

/** BYOL's predictor: [N, emb] → [N, emb]. */
export const predictor = (emb: number, size: number): Sequential =>
  projectionHead(emb, { layers: 2, size, emb, batchNorm: true });
