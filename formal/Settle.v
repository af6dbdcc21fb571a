(** * A limit system with a fixed point.

    Among the limit systems that match the network take one with the fewest ReLU units. The
    drift of its units can be taken off: it has a state that matches, and a fixed point under
    the constant input. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 UltraLimit UnitKinds LateTimes Rotation.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Settle.
Variable R : realType.
Variables (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Hypothesis oU : U^T *m U = 1%:M.
Implicit Types (tau : 'I_N -> kind) (c g v : 'cV[R]_N) (d : nat -> 'cV[R]_m) (h : 'cV[R]_n).
Notation step := (step U Fu).
Notation run := (run U Fu).
Notation eta := (eta W F).
Notation matching := (matching U Fu Cu W F C).
Notation pre_at := (pre_at U Fu).
Notation zeros := (zeros R m).

Definition relus tau : {set 'I_N} := [set i | tau i == None].
Definition good tau : Prop := exists c r y0 g, 0 < r /\ matching tau c r y0 g 0.
Definition fewest tau : Prop :=
  good tau /\ forall tau', good tau' -> (#|relus tau| <= #|relus tau'|)%N.

Lemma has_fewest tau : good tau -> exists tau', fewest tau'.
Proof.
have [k] := ubnP #|relus tau|; elim: k tau => // k IH tau lt gt.
have [[tau' [gt' lt']]|no] := pselect (exists tau', good tau' /\ (#|relus tau'| < #|relus tau|)%N).
  by apply: (IH tau') => //; apply: leq_trans lt' _; rewrite -ltnS.
exists tau; split=> // tau' g'; rewrite leqNgt; apply/negP => l; apply: no.
by exists tau'.
Qed.

Lemma late_fewest tau c r y0 (gs : nat -> 'cV[R]_N) (hs : nat -> 'cV[R]_n) :
  fewest tau -> 0 < r -> (forall j, matching tau c r y0 (gs j) (hs j)) -> vlim hs 0 ->
  (forall i, fin (fun j => (step tau c (gs j) 0 - gs j) i 0)) ->
  exists c' y0' g' s, [/\ matching tau c' r y0' g' 0,
    forall d k, vlim (fun j => run tau c (gs j) d k - s j) (run tau c' g' d k) &
    forall i, tau i = None -> fin (fun j => gs j i 0)].
Proof.
move=> [_ few] r0 mt h0 st; have [c' [y0' [g' [mt' rn keep lose]]]] := late_system mt h0 st.
move: mt' rn keep lose; set tau' := late_kind _ _ _ _ _ => mt' rn keep lose.
have sub : relus tau' \subset relus tau.
  apply/fintype.subsetP => i; rewrite !inE => /eqP e; apply/eqP.
  case e' : (tau i) => [b|] //; have : tau i <> None by rewrite e'.
  by move/keep; rewrite e e'.
have eqs : relus tau' = relus tau.
  apply/eqP; rewrite eqEcard sub few //; by exists c', r, y0', g'.
have tt : tau' = tau.
  apply/funext => i; case e : (tau i) => [b|]; first by rewrite keep ?e.
  have : i \in relus tau' by rewrite eqs inE e.
  by rewrite inE => /eqP ->.
rewrite tt in mt' rn lose; eexists; eexists; eexists; eexists; split; [exact: mt' | exact: rn |].
by move=> i e; apply: contrapT => h; exact: (lose i e h).
Qed.

Lemma run_add tau c g j k : run tau c g zeros (j + k) = run tau c (run tau c g zeros j) zeros k.
Proof.
by rewrite -(run_splice _ _ _ _ _ zeros zeros); apply: run_local => i _; rewrite /splice; case: ifP.
Qed.

Lemma eta0 k : eta 0 zeros k = 0.
Proof. by elim: k => [|k IH] //=; rewrite IH !mulmx0 addr0. Qed.

Section Orbit.
Variables (tau : 'I_N -> kind) (c : 'cV[R]_N) (r : R) (y0 : 'cV[R]_p) (g : 'cV[R]_N).
Hypothesis few : fewest tau.
Hypothesis r0 : 0 < r.
Hypothesis mt : matching tau c r y0 g 0.
Let gs j := run tau c g zeros j.

Lemma orbit_match j : matching tau c r y0 (gs j) 0.
Proof. by rewrite -(eta0 j); apply: matching_run mt _; exact: small0. Qed.

Lemma orbit_dec j : sqnorm (gs j.+2 - gs j.+1) <= sqnorm (gs j.+1 - gs j).
Proof. exact: step_nonexp. Qed.

Lemma orbit_steady i : fin (fun j => (step tau c (gs j) 0 - gs j) i 0).
Proof.
apply: (fin_sqnorm (s := fun j => step tau c (gs j) 0 - gs j)); exists (sqnorm (gs 1%N - gs 0%N)).
apply: evT => j; rewrite ger0_norm ?sqnorm_ge0 // -/(gs j.+1).
by elim: j => [|j IH] //; apply: le_trans (orbit_dec j) IH.
Qed.

Lemma orbit_late : exists c' y0' g' s, [/\ matching tau c' r y0' g' 0,
    forall d k, vlim (fun j => run tau c (gs j) d k - s j) (run tau c' g' d k) &
    forall i, tau i = None -> fin (fun j => gs j i 0)].
Proof. exact: (late_fewest few r0 orbit_match (vlim_const _) orbit_steady). Qed.
End Orbit.

Theorem settle tau : fewest tau ->
  exists c r y0 g m0, [/\ 0 < r, matching tau c r y0 g 0 & step tau c m0 0 = m0].
Proof.
move=> few; have [[c [r [y0 [g [r0 mt]]]]] _] := few.
have [c' [y0' [g' [s [mt' rn _]]]]] := orbit_late few r0 mt.
pose gs j := run tau c g zeros j; pose ka k := run tau c' g' zeros k.
have [|j|l hl] := @mono_lim R (fun j => sqnorm (gs j.+1 - gs j)) (sqnorm (gs 1%N - gs 0%N)).
- move=> j; rewrite sqnorm_ge0 /=; elim: j => [|j IH] //.
  by apply: le_trans (orbit_dec _ _ _ _) IH.
- exact: orbit_dec.
have kal k : sqnorm (ka k.+1 - ka k) = l.
  apply: lim_uniq _ (hl k); apply: lim_sqnorm.
  move=> i; apply: lim_eq (vlimD (rn zeros k.+1) (vlimN (rn zeros k)) i) => [j|] //.
  by rewrite /gs -addnS !run_add; congr (fun_of_matrix _ _ _); rewrite opprB addrA subrK.
have kaU k : ka k.+2 - ka k.+1 = U *m (ka k.+1 - ka k).
  by have [] := lossless oU (tau := tau) (c := c') (g := ka k.+1) (g' := ka k) (x := 0)
    (etrans (kal k.+1) (esym (kal k))).
have [v [w0 [dE vE]]] := rotation_split (ka 1%N - ka 0%N) oU.
have [v2 [f [wE v2E]]] := rotation_split w0 oU.
pose w := U *m f - f; pose ep k := iter k (mulmx U) w.
have dE' : ka 1%N - ka 0%N = v + (U *m w - w).
  by rewrite dE wE -/w mulmxDr v2E opprD addrACA subrr add0r.
have bal i : balanced (fun k => ep k.+1 i 0) := rotation_balanced f i oU.
have [a aE] : exists a : 'cV[R]_N, a = ka 0%N - w by exists (ka 0%N - w).
have kaD k : ka k.+1 - ka k = v + (ep k.+1 - ep k).
  elim: k => [|k IH]; first exact: dE'.
  by rewrite kaU IH mulmxDr vE mulmxBr.
have kaE k : ka k = a + k%:R *: v + ep k.
  elim: k => [|k IH]; first by rewrite scale0r addr0 aE /ep /= subrK.
  have := kaD k; move/eqP; rewrite subr_eq => /eqP->; rewrite IH mulrSr scalerDl scale1r.
  by apply/colP=> i; rewrite !(colB, colD); ring.
have fep i : fin (fun k => ep k i 0).
  apply: fin_sqnorm; exists (sqnorm w); apply: evT => k; rewrite ger0_norm ?sqnorm_ge0 //.
  by elim: k => [|k IH] //=; rewrite /ep /= sqnorm_orth.
have faep i : fin (fun k => (a + ep k) i 0).
  have [B hB] := finD (lim_fin (lim_const (a i 0))) (fep i).
  by exists B; apply: ev_imp hB => k; rewrite colD.
have v0 i : tau i <> Some true -> v i 0 = 0.
  move=> ti; have fk : fin (fun k => ka k i 0).
    case e : (tau i) ti => [[]|] // _.
      exists 0; apply: ev_imp (ev_ge 1) => -[|k] // _.
      by rewrite /ka /= stepE e /= normr0.
    by have [c2 [y2 [g2 [s2 [_ _ h]]]]] := orbit_late few r0 mt'; exact: h.
  apply: (fin_linear (faep i)); apply: fin_eq fk => k.
  have -> : ka k i 0 = a i 0 + k%:R * v i 0 + ep k i 0.
    by rewrite kaE !colD [(k%:R *: v) i 0]mxE.
  by rewrite colD addrCA addrA.
have Cv : Cu *m v = 0.
  apply/colP=> q; rewrite [RHS]mxE.
  apply: (@fin_linear _ _ (fun k => (Cu *m (a + ep k)) q 0)).
    exact: (fin_mulmx Cu q faep).
  exists `|y0' q 0|; apply: evT => k.
  have := mt' _ (small0 m r) k; rewrite -/(ka k) eta0 mulmx0 => /eqP.
  rewrite addr_eq0 => /eqP e.
  have -> : k%:R * (Cu *m v) q 0 + (Cu *m (a + ep k)) q 0 = (Cu *m ka k) q 0.
    have -> : ka k = k%:R *: v + (a + ep k) by rewrite kaE addrA [a + _]addrC -addrA.
    by rewrite [in RHS]mulmxDr colD -scalemxAr [in RHS]mxE.
  by rewrite e mxE normrN.
have [c2 c2E] : exists c2 : 'cV[R]_N, c2 = c' - v by exists (c' - v).
have stepv k g2 x : step tau c2 (g2 - k%:R *: v) x = step tau c' g2 x - k.+1%:R *: v.
  apply/colP=> i; rewrite colB !stepE.
  have -> : pre_at c2 (g2 - k%:R *: v) x i = pre_at c' g2 x i - k.+1%:R * v i 0.
    rewrite /UnitKinds.pre_at c2E mulmxBr -scalemxAr vE !(colB, colD).
    rewrite [(k%:R *: v) i 0]mxE mulrSr; move: (k%:R : R) (v i 0) => kk vi.
    by move: ((U *m g2) i 0) ((Fu *m x) i 0) (c' i 0) => a1 a2 a3; ring.
  rewrite [(k.+1%:R *: v) i 0]mxE; case e : (tau i) => [[]|] //=.
    by rewrite v0 ?e // mulr0 subr0.
  by rewrite v0 ?e // mulr0 !subr0.
have run2 d k : run tau c2 g' d k = run tau c' g' d k - k%:R *: v.
  elim: k => [|k IH]; first by rewrite scale0r subr0.
  by rewrite /= IH stepv.
have mt2 : matching tau c2 r y0' g' 0.
  move=> d sd k; rewrite run2 mulmxBr -scalemxAr Cv scaler0 subr0; exact: mt'.
exists c2, r, y0', g', a; split=> //.
apply/colP=> i; rewrite stepE; set ww := pre_at c2 a 0 i.
have key k : act (tau i) (ww + ep k.+1 i 0) = a i 0 + ep k.+1 i 0.
  have e1 : run tau c2 g' zeros k = a + ep k.
    by rewrite run2 -/(ka k) kaE; rewrite addrAC addrK.
  have e2 : run tau c2 g' zeros k.+1 = a + ep k.+1.
    by rewrite run2 -/(ka k.+1) kaE; rewrite addrAC addrK.
  have := congr1 (fun M : 'cV_N => M i 0) e2; rewrite /= e1 stepE colD => <-.
  congr (act _ _); rewrite /ww /UnitKinds.pre_at -colD; congr (fun_of_matrix _ _ _).
  rewrite mulmxDr -!addrA; congr (_ + _).
  by rewrite [RHS]addrC -addrA.
move: key; case: (tau i) => [[]|] /= key.
- by have := key 0%N => /addIr.
- by apply/esym/(balanced_eq0 (bal i)) => k; rewrite -key.
have a0 : 0 <= a i 0.
  apply: (balanced_ge0 (bal i)) => k; rewrite -key.
  by case: (relu_cases (ww + ep k.+1 i 0)) => -[hz ->].
have wa : ww <= a i 0.
  have := key 0%N; case: (relu_cases (ww + ep 1%N i 0)) => -[hz ->] e.
    by rewrite (addIr _ e).
  by rewrite -(ler_add2r (ep 1%N i 0)) -e ltW.
have [e|ne] := eqVneq ww (a i 0).
  by case: (relu_cases ww) => -[hz ->] //; rewrite e ltNge a0 in hz.
have z k : a i 0 + ep k.+1 i 0 = 0.
  have := key k; case: (relu_cases (ww + ep k.+1 i 0)) => -[hz ->] e //.
  by move: ne; rewrite (addIr _ e) eqxx.
have az := balanced_eq0 (bal i) z; rewrite az in wa ne *.
by case: (relu_cases ww) => -[hz ->] //; apply/eqP; rewrite eq_le wa hz.
Qed.
End Settle.
