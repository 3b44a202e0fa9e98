// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted;

/** A message family that anyone may extend. */
interface PlantedMessage {}
