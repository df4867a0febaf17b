import { UpstreamError } from '../error.ts';

/** A bound was reached: no more is read. What was read of relations until then holds. */
export class Cut extends UpstreamError {
  override readonly name = 'Cut';

  constructor(code: 'timeout' | 'too_much', message: string) {
    super({ step: 'server', code, message });
  }
}
