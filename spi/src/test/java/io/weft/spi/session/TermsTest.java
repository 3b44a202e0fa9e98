// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.api.Category;
import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.node.ClusterSettings;
import io.weft.spi.node.StorageIdentity;
import io.weft.spi.transport.TransportErrors;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows of the table of {@link Terms}, and who stops because of them. */
class TermsTest {
  private static final boolean IN_VIEW = true;
  private static final boolean IN_NONE = false;
  private static final UUID SHARED = new UUID(1, 2);
  private static final UUID OTHER = new UUID(3, 4);
  private static final Terms CALLED = terms(0, 10, settings("bank", "1"), SHARED, 7);

  private static Terms terms(
      int node, long incarnation, ClusterSettings settings, UUID storage, long formed) {
    return new Terms(node, incarnation, settings, storage, "/srv/" + storage, formed);
  }

  private static ClusterSettings settings(String cluster, String value) {
    return new ClusterSettings(
        new TreeMap<>(Map.of("weft.cluster-name", cluster, "weft.x", value)));
  }

  private static Terms caller(ClusterSettings settings, UUID storage, long formed) {
    return terms(1, 5, settings, storage, formed);
  }

  private static String refusal(Terms caller, boolean inView, ErrorCode code) {
    WeftException refusal = CALLED.refusalOf(caller, inView).orElseThrow();
    assertEquals(code, refusal.code(), refusal::getMessage);
    return refusal.getMessage();
  }

  private static void assertStops(Terms caller, ErrorCode code, String... parts) {
    String text = refusal(caller, IN_VIEW, code);
    assertTrue(Terms.isOwnFault(code), code::toString);
    assertNames(text, parts);
  }

  private static void assertGoesOn(Terms caller, boolean inView, ErrorCode code, String... parts) {
    String text = refusal(caller, inView, code);
    assertFalse(Terms.isOwnFault(code), code::toString);
    assertNames(text, parts);
  }

  private static void assertNames(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), text);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {IN_VIEW, IN_NONE})
  void row1AnotherClusterStopsNobodyWhateverElseDiffers(boolean inView) {
    Terms named = caller(settings("test", "1"), SHARED, 7);
    Terms altogether = caller(settings("test", "2"), OTHER, 0);
    ErrorCode code = TransportErrors.FOREIGN_CLUSTER;
    assertGoesOn(named, inView, code, "n0", "'bank'", "n1", "'test'");
    assertGoesOn(altogether, inView, code, "n0", "'bank'", "n1", "'test'");
  }

  @ParameterizedTest
  @ValueSource(booleans = {IN_VIEW, IN_NONE})
  void row2WhoDiffersInSettingsAndStorageMayBeOfAClusterOfTheSameName(boolean inView) {
    Terms caller = caller(settings("bank", "2"), OTHER, 3);
    String where = CALLED.where();
    assertGoesOn(caller, inView, TransportErrors.NOT_READY, "weft.x is 1 at n0", where, "view 3");
  }

  @Test
  void row3SettingsOfAViewStopWhoDiffers() {
    Terms caller = caller(settings("bank", "2"), SHARED, 7);
    assertStops(caller, TransportErrors.SETTINGS_DIFFER, "weft.x is 1 at n0", "2 at n1");
  }

  @Test
  void row4SettingsOfNoViewStopNobody() {
    Terms caller = caller(settings("bank", "2"), SHARED, 7);
    assertGoesOn(caller, IN_NONE, TransportErrors.NOT_READY, "weft.x is 1 at n0", "2 at n1");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 3, 7})
  void row5TheStorageOfAViewStopsWhoWorksOnAnotherOne(long formed) {
    Terms caller = caller(CALLED.settings(), OTHER, formed);
    String history = formed == 0 ? "without a view yet" : "newest view " + formed;
    String where = caller.where();
    assertStops(caller, TransportErrors.STORAGE_DIFFERS, where, history, "newest view 7");
  }

  @ParameterizedTest
  @ValueSource(longs = {8, 900, StorageIdentity.UNKNOWN})
  void row6AStorageThatMayHaveANewerViewStopsNobody(long formed) {
    Terms caller = caller(CALLED.settings(), OTHER, formed);
    assertGoesOn(caller, IN_VIEW, TransportErrors.NOT_READY, caller.where(), CALLED.where());
  }

  /** Whoever started first, and whatever views there have been: here the caller was later. */
  @ParameterizedTest
  @CsvSource({"0, 0", "0, 7", "7, 0", "7, 7", "3, 7", "900, 7", "-1, 7", "7, -1"})
  void row7TheStorageOfNoViewStopsNobody(long callers, long calleds) {
    Terms called = terms(0, 3, CALLED.settings(), SHARED, calleds);
    Terms caller = caller(CALLED.settings(), OTHER, callers);
    WeftException refusal = called.refusalOf(caller, IN_NONE).orElseThrow();
    assertEquals(TransportErrors.NOT_READY, refusal.code());
    assertNames(refusal.getMessage(), caller.where(), called.where());
  }

  @ParameterizedTest
  @ValueSource(booleans = {IN_VIEW, IN_NONE})
  void row8WhoReachesItselfGoesOn(boolean inView) {
    assertGoesOn(CALLED, inView, TransportErrors.MEMBERS_DIFFER, "n0 has reached itself");
  }

  @Test
  void row9AMemberStopsWhoHasItsId() {
    Terms twin = terms(0, 11, CALLED.settings(), SHARED, 7);
    assertStops(twin, TransportErrors.DUPLICATE_NODE_ID, "node id 0 is taken");
  }

  @Test
  void row10OfTwoNewcomersWithOneIdNeitherKnowsWhichIsWrong() {
    Terms twin = terms(0, 11, CALLED.settings(), SHARED, 7);
    assertGoesOn(twin, IN_NONE, TransportErrors.NOT_READY, "node id 0 is taken");
  }

  @ParameterizedTest
  @ValueSource(booleans = {IN_VIEW, IN_NONE})
  void row11WhoIsAlikeIsWelcome(boolean inView) {
    Terms caller = caller(CALLED.settings(), SHARED, StorageIdentity.UNKNOWN);
    assertTrue(CALLED.refusalOf(caller, inView).isEmpty());
  }

  /** Its cluster is not known: nothing else of its handshake could be read. */
  @Test
  void whatStrangersAndLaterReleasesSayStopsNobody() {
    assertFalse(Terms.isOwnFault(TransportErrors.PROTOCOL_VERSION));
    assertFalse(Terms.isOwnFault(new ErrorCode(3042, "REFUSED", Category.USER)));
  }

  @Test
  void theIdentityOfTheStorageIsNotTold() {
    Terms caller = new Terms(1, 5, CALLED.settings(), OTHER, "/srv/x", StorageIdentity.UNKNOWN);
    Terms called = new Terms(0, 5, CALLED.settings(), SHARED, "/srv/y", 7);
    String text = called.refusalOf(caller, IN_NONE).orElseThrow().getMessage();
    assertFalse(text.contains(SHARED.toString()) || text.contains(OTHER.toString()), text);
    assertFalse(called.toString().contains(SHARED.toString()), called.toString());
  }
}
