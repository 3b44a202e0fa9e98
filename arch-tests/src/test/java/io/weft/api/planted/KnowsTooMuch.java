// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api.planted;

import com.tngtech.archunit.ArchConfiguration;
import io.weft.spi.runtime.NodeRuntime;

/** Depends on spi and on a third party. */
interface KnowsTooMuch {
  NodeRuntime runtime();

  ArchConfiguration thirdParty();
}
