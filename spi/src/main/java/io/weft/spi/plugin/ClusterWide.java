// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.plugin;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a component of a settings record that must have the same value on all nodes. Different
 * values would damage shared data. Nodes compare the value before they form a session ({@link
 * io.weft.spi.node.ClusterSettings}). A node with another value is refused, with the key and both
 * values.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface ClusterWide {}
