// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.redo.planted;

import io.weft.recovery.membership.MembershipSettings;

/** Depends on a package above it. */
interface KnowsTheMembership {
  MembershipSettings settings();
}
