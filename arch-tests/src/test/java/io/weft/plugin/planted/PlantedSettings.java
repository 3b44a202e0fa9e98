// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted;

/** Settings that are no record. */
final class PlantedSettings {}
