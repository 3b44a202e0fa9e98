// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Access;
import io.weft.api.BlockId;
import io.weft.api.ErrorCode;
import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.LockValue;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.CacheFusionErrors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class LockCodecTest {
  private static final LockName SHORT = LockName.of("a");
  private static final LockName LONG = LockName.of("x".repeat(LockName.MAX_BYTES));
  private static final StoredValue NONE = new StoredValue(7, LockValue.ABSENT);
  private static final StoredValue LOST = new StoredValue(Long.MAX_VALUE, LockValue.LOST);
  private static final StoredValue EMPTY = new StoredValue(1, LockValue.of(new byte[0]));
  private static final StoredValue FULL =
      new StoredValue(2, LockValue.of(new byte[LockValue.MAX_BYTES]));

  private static final HeldLease LEASE = new HeldLease(new BlockId(-1, 20), Access.EXCLUSIVE);
  static final List<LockMessage> MESSAGES =
      List.of(
          new LockMessage.Request(SHORT, LockMode.EX, 1, true, false),
          new LockMessage.Request(LONG, LockMode.NL, Long.MAX_VALUE, false, true),
          new LockMessage.Grant(LONG, LockMode.PW, 3, 4, FULL),
          new LockMessage.Grant(SHORT, LockMode.CR, 3, 4, LOST),
          new LockMessage.Revoke(SHORT, 5, 2, LockMode.CW, true),
          LockMessage.Revoke.takenBack(LONG, 1L << 62, Integer.MAX_VALUE),
          new LockMessage.Down(LONG, LockMode.PR, 6, EMPTY),
          new LockMessage.Down(SHORT, LockMode.NL, 6, NONE),
          new LockMessage.DownAck(SHORT),
          new LockMessage.InUse(LONG, 9),
          new LockMessage.NotHeld(SHORT, LockMode.CW, 10),
          new LockMessage.Moved(
              1_000, 3, new LockMessage.Request(LONG, LockMode.EX, 21, false, true)),
          new LockMessage.Moved(0, 1, new LockMessage.Down(SHORT, LockMode.NL, 22, FULL)),
          new LockMessage.Moved(1, 2, new LockMessage.NotHeld(SHORT, LockMode.CR, 23)),
          new LockMessage.Moved(2, 2, new LockMessage.InUse(SHORT, 24)),
          new LockMessage.Transfer(0, 1, List.of()),
          new LockMessage.Transfer(
              65_535,
              2,
              List.of(
                  new MovedLock(
                      LONG,
                      FULL,
                      16,
                      List.of(
                          new MovedLock.Party(
                              1_023, LockMode.EX, 25, 26, Optional.of(LockMode.NL), 3, true),
                          new MovedLock.Party(0, LockMode.NL, 0, 27, Optional.empty(), 0, false)),
                      List.of(new MovedLock.Queued(1_023, LockMode.PR, 26, true, false))))),
          new LockMessage.Suspicion(),
          new LockMessage.Collect(11),
          new LockMessage.EndWait(LONG, 12, 13, "a cycle"),
          new LockMessage.Waits(
              14,
              2,
              List.of(
                  new LockMessage.LockWaits(
                      SHORT,
                      20,
                      List.of(new LockMessage.Holding(1, LockMode.PR)),
                      List.of(new LockMessage.Waiting(2, LockMode.EX, 15)),
                      List.of(0, 1_023))),
              List.of(
                  new LockMessage.LeaseWait(3, 16, Optional.of(LEASE), List.of()),
                  new LockMessage.LeaseWait(
                      4, 17, Optional.empty(), Collections.nCopies(40, LEASE)))),
          new LockMessage.EndBlockWait(18, 19, "a cycle"),
          new LockMessage.Inquiry(true),
          new LockMessage.Report(
              3,
              List.of(new LockMessage.Held(SHORT, LockMode.EX, 8, FULL)),
              List.of(new LockMessage.Known(LONG, LOST, true))));

  @Test
  void everyMessageComesBack() {
    for (LockMessage message : MESSAGES) {
      byte[] bytes = LockCodec.encode(0xFFFFFFFFL, 42, message);
      assertEquals(
          new LockCodec.Sent(0xFFFFFFFFL, 42, message), LockCodec.decode(ByteBuffer.wrap(bytes)));
    }
  }

  @Test
  void everyMessageThatIsCutOrTooLongIsRefused() {
    for (LockMessage message : MESSAGES) {
      byte[] bytes = LockCodec.encode(1, 1, message);
      for (int length = 0; length < bytes.length; length++) {
        refused(Arrays.copyOf(bytes, length));
      }
      refused(Arrays.copyOf(bytes, bytes.length + 1));
    }
  }

  @Test
  void fieldsOutOfTheirBoundsAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> LockCodec.encode(1L << 32, 1, new LockMessage.Inquiry(true)));
    assertThrows(
        IllegalArgumentException.class,
        () -> LockCodec.encode(-1, 1, new LockMessage.Inquiry(true)));
    byte[] unknown = LockCodec.encode(1, 1, new LockMessage.Inquiry(true));
    unknown[0] = 99;
    refused(unknown);
    byte[] flag = LockCodec.encode(1, 1, new LockMessage.Inquiry(true));
    flag[flag.length - 1] = 2;
    refused(flag);
    byte[] name = LockCodec.encode(1, 1, new LockMessage.DownAck(SHORT));
    name[13] = 0;
    refused(name);
  }

  private static void refused(byte[] bytes) {
    WeftException refusal =
        assertThrows(WeftException.class, () -> LockCodec.decode(ByteBuffer.wrap(bytes)));
    assertEquals(CacheFusionErrors.BAD_MESSAGE, refusal.code());
  }

  @Test
  void aReportIsDividedIntoMessagesThatTheTransportTakes() {
    List<LockMessage.Held> held = new ArrayList<>();
    List<LockMessage.Known> known = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      LockName name = i % 3 == 0 ? LONG : LockName.of("lock " + i);
      held.add(new LockMessage.Held(name, LockMode.PR, i, i % 2 == 0 ? FULL : NONE));
      known.add(new LockMessage.Known(name, i % 5 == 0 ? FULL : LOST, i % 7 == 0));
    }
    List<LockMessage.Report> parts = LockCodec.parts(held, known);
    List<LockMessage.Held> heldAgain = new ArrayList<>();
    List<LockMessage.Known> knownAgain = new ArrayList<>();
    for (LockMessage.Report part : parts) {
      assertEquals(parts.size(), part.parts());
      assertTrue(LockCodec.encode(1, 1, part).length <= 1_024);
      heldAgain.addAll(part.held());
      knownAgain.addAll(part.known());
    }
    assertEquals(held, heldAgain);
    assertEquals(known, knownAgain);
    assertEquals(1, LockCodec.parts(List.of(), List.of()).size());
  }

  @Test
  void anAnswerAboutWaitsIsDividedIntoMessagesThatTheTransportTakes() {
    List<LockMessage.LockWaits> waits = new ArrayList<>();
    List<LockMessage.LeaseWait> leases = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      waits.add(
          new LockMessage.LockWaits(
              i % 3 == 0 ? LONG : SHORT,
              0,
              Collections.nCopies(i % 7, new LockMessage.Holding(i, LockMode.PR)),
              Collections.nCopies(i % 11, new LockMessage.Waiting(i, LockMode.EX, i)),
              List.of()));
      leases.add(
          new LockMessage.LeaseWait(
              i,
              i,
              i % 2 == 0 ? Optional.of(LEASE) : Optional.empty(),
              Collections.nCopies(i % 70, LEASE)));
    }
    List<LockMessage.Waits> parts = LockCodec.waitParts(1, waits, leases);
    List<LockMessage.LockWaits> waitsAgain = new ArrayList<>();
    List<LockMessage.LeaseWait> leasesAgain = new ArrayList<>();
    for (LockMessage.Waits part : parts) {
      assertEquals(parts.size(), part.parts());
      byte[] bytes = LockCodec.encode(1, 1, part);
      assertTrue(bytes.length <= 1_024);
      assertEquals(part, LockCodec.decode(ByteBuffer.wrap(bytes)).message());
      waitsAgain.addAll(part.waits());
      leasesAgain.addAll(part.leases());
    }
    assertEquals(waits, waitsAgain);
    assertEquals(leases, leasesAgain);
    assertEquals(1, LockCodec.waitParts(1, List.of(), List.of()).size());
    for (int bad : new int[] {0, -1, 1 << 20}) {
      refused(LockCodec.encode(1, 1, new LockMessage.Waits(1, bad, List.of(), List.of())));
    }
  }

  @Test
  void namesAndValuesHaveBounds() {
    assertEquals(LockErrors.BAD_LOCK_NAME, code(() -> LockName.of("")));
    assertEquals(LockErrors.BAD_LOCK_NAME, code(() -> LockName.of("ä".repeat(65))));
    assertEquals(LockErrors.BAD_LOCK_NAME, code(() -> LockName.of("\uD800")));
    assertEquals(128, LockName.of("ä".repeat(64)).length());
    assertEquals(LockErrors.BAD_LOCK_VALUE, code(() -> LockValue.of(new byte[65])));
  }

  @Test
  void theHashOfNamesIsFixed() {
    assertEquals(LockName.of("a").hash(), LockName.of(new byte[] {'a'}).hash());
    assertEquals(0x2C0BDBF481420F8L, LockName.of("a").hash());
    assertEquals(0xC3E3CD1E006DFF55L, LONG.hash());
  }

  private static ErrorCode code(Executable call) {
    return assertThrows(WeftException.class, call).code();
  }
}
