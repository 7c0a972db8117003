import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TestIo } from '../../test/support.js';
import { interruptible } from './interrupt.js';

class ClockIo extends TestIo {
  time = 0;
  override now(): number {
    return this.time;
  }
}

const never = () => new Promise<never>(() => {});

describe('interruptible', () => {
  it('aborts the work at the first signal and gives its result', async () => {
    const io = new ClockIo();
    const stops: string[] = [];
    const result = interruptible(
      io,
      { onStop: (signal) => stops.push(signal), abandoned: '' },
      (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('partial'))),
    );
    io.signal('SIGTERM');
    expect(await result).toBe('partial');
    expect(stops).toEqual(['SIGTERM']);
  });

  it('gives up at the second, and says what is left', async () => {
    const io = new ClockIo();
    const result = interruptible(io, { onStop: () => {}, abandoned: 'run clean-up' }, never);
    io.signal('SIGINT');
    io.time = 1000;
    io.signal('SIGINT');
    await expect(result).rejects.toMatchObject({ code: 'ABORTED', hint: 'run clean-up' });
  });

  it('says at the second of which runs something may remain', async () => {
    const io = new ClockIo();
    const remaining = () => ['run-1'];
    const result = interruptible(io, { onStop: () => {}, abandoned: 'run clean-up', remaining }, never);
    io.signal('SIGINT');
    io.time = 1000;
    io.signal('SIGINT');
    await expect(result).rejects.toMatchObject({
      code: 'RESOURCES_REMAIN',
      message: expect.stringContaining('run-1'),
      hint: 'run clean-up',
    });
  });

  it('takes the same Ctrl-C, passed on by npm, for one', async () => {
    const io = new ClockIo();
    let finish = (_value: string) => {};
    const result = interruptible(
      io,
      { onStop: () => {}, abandoned: '' },
      () => new Promise<string>((resolve) => (finish = resolve)),
    );
    io.signal('SIGINT');
    io.time = 20;
    io.signal('SIGINT');
    finish('done');
    expect(await result).toBe('done');
  });

  it('gives up in time for who kills ten seconds after SIGTERM, and after no other signal', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const io = new ClockIo();
    const remaining = () => ['run-1'];
    let error: unknown;
    interruptible(io, { onStop: () => {}, abandoned: 'run clean-up', remaining }, never).catch(
      (thrown: unknown) => (error = thrown),
    );
    io.signal('SIGINT');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(error).toBeUndefined();
    io.signal('SIGTERM');
    await vi.advanceTimersByTimeAsync(9000);
    expect(error).toMatchObject({ code: 'RESOURCES_REMAIN', hint: 'run clean-up' });
  });

  it('does not give up because the terminal or the reader has gone as well', async () => {
    const io = new ClockIo();
    let finish = (_value: string) => {};
    const result = interruptible(
      io,
      { onStop: () => {}, abandoned: '' },
      () => new Promise<string>((resolve) => (finish = resolve)),
    );
    io.signal('SIGHUP');
    io.time = 5000;
    io.signal('SIGPIPE');
    finish('done');
    expect(await result).toBe('done');
  });
});
