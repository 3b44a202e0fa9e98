// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.tck;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every decoder of bytes from outside of the process or from a disk keeps, whatever the bytes
 * are:
 *
 * <ul>
 *   <li>DEC-1: it returns, or throws the exception that it documents, and no other.
 *   <li>DEC-2: it allocates no more than {@link #mostBytes}, so no length is believed before it is
 *       compared with what is there.
 *   <li>DEC-3: what it accepts is encoded to the same bytes again, or, if {@link #isExact} says
 *       that it has several forms, to one that stays the same from then on.
 * </ul>
 *
 * <p>The bytes are valid ones, changed: all prefixes, all single bytes, and a number of seeded
 * random mutations. The number is the system property {@value #RUNS}, the first seed {@value
 * #SEED}. A failure names its seed; {@code -Dweft.decoder-seed=<seed> -Dweft.decoder-runs=1}
 * repeats it alone. A fuzzer may call {@link #check} with bytes of its own.
 *
 * @param <T> what is decoded
 */
@Timeout(value = 3_600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class DecoderContract<T> {
  /** System property: number of random mutations. */
  public static final String RUNS = "weft.decoder-runs";

  /** System property: seed of the first mutation; the next one has the next seed. */
  public static final String SEED = "weft.decoder-seed";

  private static final int DEFAULT_RUNS = 10_000;

  /** Longest valid form of which every prefix and every byte is tried, in bytes. */
  private static final int LONG_BYTES = 1 << 10;

  /** Most bytes of bad input that a failure shows. */
  private static final int SHOWN_BYTES = 4 << 10;

  /** Covers an exception with its message and stack trace. */
  private static final int BASE_BYTES = 64 << 10;

  /** Bytes of objects for a byte of input. */
  private static final int BYTES_PER_BYTE = 64;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Valid forms, of each kind at least one; always the same ones. */
  protected abstract List<byte[]> valid();

  /**
   * Decodes all bytes.
   *
   * @throws Exception if they are refused, or for another reason, see {@link #isRefusal}
   */
  protected abstract T decode(byte[] bytes) throws Exception;

  /** Encodes what has been decoded; empty if there is no encoder for it. */
  protected abstract Optional<byte[]> encode(T value);

  /** Whether that is the exception, with its code, that the decoder documents for bad bytes. */
  protected abstract boolean isRefusal(Exception thrown);

  /** Whether there is only one form of this value, so that it is encoded to the same bytes. */
  protected boolean isExact(T value) {
    return true;
  }

  /**
   * Puts the right checksum into changed bytes, if the form has one, so that the decoder looks
   * behind it; may change the bytes given.
   */
  protected byte[] mend(byte[] bytes) {
    return bytes;
  }

  /** Most bytes that may be allocated to decode {@code length} bytes, or to refuse them. */
  protected long mostBytes(int length) {
    return BASE_BYTES + (long) length * BYTES_PER_BYTE;
  }

  /**
   * Number of random mutations if the property does not say it; fewer for a slow decoder, so that
   * its tests take about a second.
   */
  protected int runs() {
    return DEFAULT_RUNS;
  }

  /** Checks the rules for some bytes. */
  public final void check(byte[] bytes) {
    decodeWithin(bytes).ifPresent(value -> checkForm(bytes, value));
  }

  /** The input of a fuzzer, as {@link #check} is to have it: with a checksum that is right. */
  public final byte[] mended(byte[] bytes) {
    return mend(bytes.clone());
  }

  /** The valid forms, from which a fuzzer may start. */
  public final List<byte[]> corpus() {
    return valid();
  }

  private Optional<T> decodeWithin(byte[] bytes) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    Optional<T> value = decodeOrRefuse(bytes.clone());
    if (THREADS.getCurrentThreadAllocatedBytes() - before > mostBytes(bytes.length)) {
      // The first time, classes may have been loaded.
      long again = THREADS.getCurrentThreadAllocatedBytes();
      decodeOrRefuse(bytes.clone());
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - again;
      if (allocated > mostBytes(bytes.length)) {
        throw new AssertionError(
            "DEC-2: "
                + allocated
                + " bytes were allocated, allowed are "
                + mostBytes(bytes.length)
                + shown(bytes));
      }
    }
    return value;
  }

  private Optional<T> decodeOrRefuse(byte[] bytes) {
    try {
      return Optional.of(decode(bytes));
    } catch (Exception e) {
      if (!isRefusal(e)) {
        throw new AssertionError("DEC-1: not the documented exception: " + e + shown(bytes), e);
      }
      return Optional.empty();
    } catch (Error e) {
      throw new AssertionError("DEC-1: " + e + shown(bytes), e);
    }
  }

  private void checkForm(byte[] bytes, T value) {
    Optional<byte[]> once = encoded(bytes, value);
    if (once.isEmpty()) {
      return;
    }
    if (isExact(value)) {
      if (!Arrays.equals(once.get(), bytes)) {
        throw new AssertionError(
            "DEC-3: " + value + " was decoded, and is encoded differently" + shown(bytes));
      }
      return;
    }
    T again =
        decodeOrRefuse(once.get().clone())
            .orElseThrow(
                () ->
                    new AssertionError(
                        "DEC-3: the form of " + value + " is refused" + shown(bytes)));
    if (!Arrays.equals(once.get(), encoded(bytes, again).orElseThrow())) {
      throw new AssertionError("DEC-3: " + value + " became " + again + shown(bytes));
    }
  }

  private Optional<byte[]> encoded(byte[] bytes, T value) {
    try {
      return encode(value);
    } catch (RuntimeException e) {
      throw new AssertionError(
          "DEC-3: " + value + " was decoded, and cannot be encoded" + shown(bytes), e);
    }
  }

  private static String shown(byte[] bytes) {
    byte[] first = Arrays.copyOf(bytes, Math.min(bytes.length, SHOWN_BYTES));
    return "; the input has "
        + bytes.length
        + " bytes: "
        + HexFormat.of().formatHex(first)
        + (first.length < bytes.length ? "..." : "");
  }

  @Test
  final void validFormsAreAccepted() {
    for (byte[] form : valid()) {
      if (decodeOrRefuse(form.clone()).isEmpty()) {
        throw new AssertionError("DEC-3: a valid form is refused" + shown(form));
      }
      check(form);
    }
  }

  @Test
  final void prefixesAndOtherLengthsAreRefusedOrMeanSomething() {
    for (byte[] form : valid()) {
      for (int length = 0; length < Math.min(form.length, LONG_BYTES); length++) {
        check(Arrays.copyOf(form, length));
        check(mended(Arrays.copyOf(form, length)));
      }
      check(Arrays.copyOf(form, form.length + 1));
      check(mended(Arrays.copyOf(form, form.length + 1)));
    }
  }

  @Test
  final void aChangedByteIsRefusedOrMeansSomething() {
    int[] values = {0, 1, 2, 0x20, 0x7F, 0x80, 0xFE, 0xFF};
    for (byte[] form : valid()) {
      for (int at = 0; at < Math.min(form.length, LONG_BYTES); at++) {
        for (int value : values) {
          byte[] bytes = form.clone();
          bytes[at] = (byte) value;
          check(mended(bytes));
        }
      }
    }
  }

  @Test
  final void mutationsAreRefusedOrMeanSomething() {
    DecoderInputs inputs = new DecoderInputs(valid());
    long first = Long.getLong(SEED, 1);
    long end = first + Integer.getInteger(RUNS, runs());
    for (long seed = first; seed < end; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] bytes = inputs.next(random);
      byte[] input = random.nextInt(4) == 0 ? bytes : mended(bytes);
      try {
        check(input);
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed + " (-D" + SEED + "=" + seed + "): " + e, e);
      }
    }
  }
}
