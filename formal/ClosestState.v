(** * The closest state: units that touch 0 are never clipped.

    m0 is a fixed point of the limit system with as many ReLU units above 0 as possible;
    kappa is, among the states that match, one closest to it. Perturbing the inputs from
    there by eps d and letting eps tend to 0 leaves a homogeneous system ([zoom]). *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 UltraLimit UnitKinds LateTimes Rotation Settle.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Eps.
Variable R : realType.
Definition eps (j : nat) : R := j.+1%:R^-1.
Lemma eps_gt0 j : 0 < eps j. Proof. by rewrite invr_gt0 ltr0n. Qed.
Lemma lim_eps : lim eps 0.
Proof.
move=> e e0; pose K := Num.bound e^-1.
have lt : e^-1 < K%:R by rewrite archi_boundP // invr_ge0 ltW.
apply: ev_imp (ev_ge K) => j Kj; rewrite subr0 ger0_norm ?(ltW (eps_gt0 j)) //.
rewrite -[e]invrK lef_pinv ?posrE ?invr_gt0 ?ltr0n // (le_trans (ltW lt)) // ler_nat.
exact: leqW.
Qed.
Lemma ev_eps B t : 0 < t -> ev (fun j => eps j * B <= t).
Proof.
move=> t0; have h := limM lim_eps (lim_const B); rewrite mul0r in h.
by apply: ev_imp (h t t0) => j; rewrite subr0; apply: le_trans; exact: ler_norm.
Qed.
End Eps.

Section Closest.
Variable R : realType.
Variables (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Hypothesis oU : U^T *m U = 1%:M.
Notation step := (step U Fu).
Notation run := (run U Fu).
Notation eta := (eta W F).
Notation matching := (matching U Fu Cu W F C).
Notation pre_at := (pre_at U Fu).
Notation zeros := (zeros R m).
Hypothesis fades : forall h, vlim (fun j => eta h zeros j) 0.
Variables (tau : 'I_N -> kind) (c : 'cV[R]_N) (r : R) (y0 : 'cV[R]_p).
Implicit Types (g v : 'cV[R]_N) (d : nat -> 'cV[R]_m) (h : 'cV[R]_n).

Definition fixed g := step tau c g 0 = g.
Definition matches g := matching tau c r y0 g 0.
Definition above g : {set 'I_N} := [set i | (tau i == None) && (0 < pre_at c g 0 i)].
Definition closest m0 g := matches g /\ forall g', matches g' -> sqnorm (g - m0) <= sqnorm (g' - m0).

Lemma fixed_run m0 j : fixed m0 -> run tau c m0 zeros j = m0.
Proof. by move=> fx; elim: j => [|j IH] //=; rewrite IH. Qed.

Lemma most_above m0 : fixed m0 ->
  exists m1, fixed m1 /\ forall m', fixed m' -> (#|above m'| <= #|above m1|)%N.
Proof.
have [k] := ubnP (N - #|above m0|); elim: k m0 => // k IH m0 lt fx.
have [[m' [fx' lt']]|no] := pselect (exists m', fixed m' /\ (#|above m0| < #|above m'|)%N).
  apply: (IH m') => //; rewrite ltnS in lt; apply: leq_trans lt; apply: ltn_sub2l => //.
  by apply: leq_trans lt' _; rewrite -[N in (_ <= N)%N]card_ord max_card.
exists m0; split=> // m' fx'; rewrite leqNgt; apply/negP => l; apply: no.
by exists m'.
Qed.

(** Limits of matching states whose distance from m0 is bounded. *)
Lemma limit_state m0 (gs : nat -> 'cV[R]_N) (hs : nat -> 'cV[R]_n) B :
  (forall j, matching tau c r y0 (gs j) (hs j)) -> vlim hs 0 ->
  (forall j, sqnorm (gs j - m0) <= B) ->
  exists g, [/\ vlim gs g, matches g & lim (fun j => sqnorm (gs j - m0)) (sqnorm (g - m0))].
Proof.
move=> mt h0 bd.
have [a ha] : exists a : 'cV[R]_N, vlim (fun j => gs j - m0) a.
  apply: vlim_ex; apply: fin_sqnorm; exists B; apply: evT => j.
  by rewrite ger0_norm ?sqnorm_ge0.
have hg : vlim gs (a + m0).
  by move=> i; apply: lim_eq (vlimD ha (vlim_const m0) i) => // j; rewrite subrK.
exists (a + m0); split=> //; first exact: (matching_limit mt hg h0).
by rewrite addrK; exact: lim_sqnorm.
Qed.

Lemma has_closest m0 g : matches g -> exists k, closest m0 k.
Proof.
move=> mg; pose E : set R := [set x | exists g', matches g' /\ x = - sqnorm (g' - m0)]%classic.
have hs : has_sup E.
  split; first by exists (- sqnorm (g - m0)), g.
  by exists 0 => x [g' [_ ->]]; rewrite oppr_le0 sqnorm_ge0.
have near j : exists g', matches g' /\ sqnorm (g' - m0) <= - sup E + eps R j.
  have [x [g' [mg' ->]] lt] := sup_adherent (eps_gt0 R j) hs; exists g'; split=> //.
  by rewrite -ler_opp2 opprD opprK ltW.
have [gs hgs] := choice near.
have bd j : sqnorm (gs j - m0) <= - sup E + 1.
  by apply: le_trans (hgs j).2 _; rewrite ler_add2l /eps invf_le1 ?ltr0n // ler1n.
have [k [_ mk lk]] := @limit_state m0 gs (fun=> 0) (- sup E + 1)
  (fun j => (hgs j).1) (vlim_const _) bd.
exists k; split=> // g' mg'.
have le1 : sqnorm (k - m0) <= - sup E.
  rewrite -[- sup E]addr0; apply: (lim_le _ lk (limD (lim_const (- sup E)) (@lim_eps R))).
  by apply: evT => j; exact: (hgs j).2.
apply: le_trans le1 _; rewrite ler_oppl; apply: sup_upper_bound => //.
by exists g'.
Qed.

Lemma matches_run g j : matches g -> matches (run tau c g zeros j).
Proof.
move=> mg; have h : matching tau c r y0 (run tau c g zeros j) (eta 0 zeros j).
  by apply: matching_run mg _; exact: small0.
by move: h; rewrite eta0.
Qed.

Section Orbit.
Variables (m0 ka0 : 'cV[R]_N).
Hypothesis fx : fixed m0.
Hypothesis cl : closest m0 ka0.
Let ka k := run tau c ka0 zeros k.

Lemma orbit_dist k : sqnorm (ka k - m0) = sqnorm (ka0 - m0).
Proof.
apply/eqP; rewrite eq_le; apply/andP; split.
  by rewrite -{1}(fixed_run k fx); exact: run_nonexp.
by apply: cl.2; apply: matches_run; exact: cl.1.
Qed.

Lemma orbit_rot k : ka k.+1 - m0 = U *m (ka k - m0).
Proof.
have := lossless (Fu := Fu) oU (tau := tau) (c := c) (g := ka k) (g' := m0) (x := 0).
rewrite fx -[step tau c (ka k) 0]/(ka k.+1) !orbit_dist => h.
by have [] := h erefl.
Qed.

Lemma orbit_pre k i : pre_at c (ka k) 0 i = pre_at c m0 0 i + (ka k.+1 - m0) i 0.
Proof. by rewrite orbit_rot -(pre_diff U Fu c _ _ 0) addrC subrK. Qed.

Lemma orbit_side k i : tau i = None ->
  (0 <= pre_at c m0 0 i /\ 0 <= pre_at c (ka k) 0 i) \/ pre_at c (ka k) 0 i = pre_at c m0 0 i.
Proof.
move=> ti.
have h1 := lossless (Fu := Fu) oU (tau := tau) (c := c) (g := ka k) (g' := m0) (x := 0).
have h2 := lossless (Fu := Fu) oU (tau := tau) (c := c) (g := m0) (g' := ka k) (x := 0).
have e : sqnorm (step tau c (ka k) 0 - step tau c m0 0) = sqnorm (ka k - m0).
  by rewrite fx -[step tau c (ka k) 0]/(ka k.+1) !orbit_dist.
have e' : sqnorm (step tau c m0 0 - step tau c (ka k) 0) = sqnorm (m0 - ka k).
  by rewrite -sqnormN opprB e -sqnormN opprB.
have [_ /(_ i ti) [a|->]] := h1 e; last by right.
by have [_ /(_ i ti) [b|->]] := h2 e'; [left | right].
Qed.
End Orbit.

(** kappa, m0 such that a ReLU unit with preactivation 0 at m0 has it along the orbit of kappa. *)
Lemma settled_pair m0 g : fixed m0 -> matches g -> exists m1 ka0, [/\ fixed m1, closest m1 ka0 &
  forall i k, tau i = None -> pre_at c m1 0 i = 0 -> (run tau c ka0 zeros k.+1 - m1) i 0 = 0].
Proof.
move=> fx0 mg; have [m1 [fx most]] := most_above fx0; have [k0 cl] := has_closest m1 mg.
pose ka k := run tau c k0 zeros k.
have [v [w [rE vE]]] := rotation_split (k0 - m1) oU.
pose ep k := iter k (mulmx U) (U *m w - w).
have bal i : balanced (fun k => ep k.+1 i 0) := rotation_balanced w i oU.
have rk k : ka k - m1 = v + ep k.
  elim: k => [|k IH]; first exact: rE.
  by rewrite (orbit_rot fx cl) IH mulmxDr vE.
have rki k i : (ka k - m1) i 0 = v i 0 + ep k i 0 by rewrite rk colD.
have off i : tau i = Some false -> v i 0 = 0.
  move=> ti; apply: (balanced_eq0 (bal i)) => k; rewrite -rki colB /ka /= stepE ti /=.
  by rewrite -fx stepE ti subrr.
have neg i : tau i = None -> pre_at c m1 0 i < 0 -> v i 0 = 0.
  move=> ti lt; apply: (balanced_eq0 (bal i)) => k; rewrite -rki.
  have [[h _]|h] := orbit_side fx cl k ti; first by rewrite ltNge h in lt.
  by have := orbit_pre fx cl k i; rewrite h => /eqP; rewrite -{1}[pre_at _ _ _ _]addr0 => /eqP/addrI/esym.
have pos i : tau i = None -> 0 <= pre_at c m1 0 i ->
    forall k, 0 <= pre_at c m1 0 i + v i 0 + ep k.+1 i 0.
  move=> ti ge k; rewrite -addrA -rki -(orbit_pre fx cl).
  by have [[_ h]|->] := orbit_side fx cl k ti.
have pos' i : tau i = None -> 0 <= pre_at c m1 0 i -> 0 <= pre_at c m1 0 i + v i 0.
  by move=> ti ge; apply: (balanced_ge0 (bal i)); exact: pos.
pose m2 := m1 + 2%:R^-1 *: v.
have pre2 i : pre_at c m2 0 i = pre_at c m1 0 i + 2%:R^-1 * v i 0.
  have e : m2 - m1 = 2%:R^-1 *: v by rewrite /m2 addrC addKr.
  have := pre_diff U Fu c m2 m1 0 i; rewrite e -scalemxAr vE [(_ *: v) i 0]mxE => /eqP.
  by rewrite subr_eq addrC => /eqP.
have m2i i : m2 i 0 = m1 i 0 + 2%:R^-1 * v i 0 by rewrite /m2 colD [(_ *: v) i 0]mxE.
have half x y : 0 <= x -> 0 <= x + y -> 0 <= x + 2%:R^-1 * y :> R.
  move=> x0 xy; have -> : x + 2%:R^-1 * y = 2%:R^-1 * (x + (x + y)) by field.
  by rewrite mulr_ge0 ?invr_ge0 ?ler0n // addr_ge0.
have m1i i : m1 i 0 = act (tau i) (pre_at c m1 0 i) by rewrite -{1}fx stepE.
have relu0 (x : R) : 0 <= x -> relu x = x.
  by case: (relu_cases x) => -[hx ->] // ge; rewrite ltNge ge in hx.
have fx2 : fixed m2.
  apply/colP=> i; rewrite stepE pre2 m2i m1i; case ti : (tau i) => [[]|] //=.
    by rewrite off // mulr0 addr0.
  have [ge|lt] := leP 0 (pre_at c m1 0 i); last by rewrite neg // mulr0 !addr0.
  by rewrite !relu0 ?half ?pos'.
have sub : above m1 \subset above m2.
  apply/fintype.subsetP => i; rewrite !inE => /andP[/eqP ti gt]; rewrite ti eqxx /= pre2.
  have ge := pos' i ti (ltW gt).
  have -> : pre_at c m1 0 i + 2%:R^-1 * v i 0
    = 2%:R^-1 * (pre_at c m1 0 i + (pre_at c m1 0 i + v i 0)) by field.
  by rewrite pmulr_rgt0 ?invr_gt0 ?ltr0n // ltr_paddr.
have eqs : above m1 = above m2 by apply/eqP; rewrite eqEcard sub most.
have v0 i : tau i = None -> pre_at c m1 0 i = 0 -> v i 0 = 0.
  move=> ti z; apply/eqP; rewrite eq_le; apply/andP; split; last first.
    by have := pos' i ti; rewrite z add0r; apply.
  rewrite leNgt; apply/negP => gt.
  have : i \in above m2 by rewrite inE ti eqxx pre2 z add0r pmulr_rgt0 ?invr_gt0 ?ltr0n.
  by rewrite -eqs inE z ltxx andbF.
have [k1 [hk mk lk]] := limit_state (m0 := m1) (gs := ka) (hs := fun=> 0) (B := sqnorm (k0 - m1))
  (fun j => matches_run j cl.1) (vlim_const _) (fun j => eq_ind_r (fun x => x <= _) (lexx _) (orbit_dist fx cl j)).
exists m1, k1; split=> //.
  split=> // g' mg'; apply: le_trans (cl.2 _ mg').
  rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: lim_uniq lk _.
  by apply: lim_eq (lim_const (sqnorm (k0 - m1))) => // j; rewrite (orbit_dist fx cl).
move=> i k ti z.
have ge0 : 0 <= pre_at c m1 0 i by rewrite z lexx.
have ep0 j : 0 <= ep j.+1 i 0 by have := pos i ti ge0 j; rewrite z v0 // !add0r.
have lim1 := balanced_vanish (bal i) ep0 k.
apply: lim_uniq _ lim1.
have := vlimD (vlim_run U Fu tau c zeros k.+1 hk) (vlimN (vlim_const m1)) i.
apply: lim_ev; apply: evT => j.
by rewrite -(run_add U Fu tau c k0 j k.+1) -/(ka _) rki v0 // add0r addnS.
Qed.
End Closest.
